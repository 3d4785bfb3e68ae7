import type * as z from "zod";
import { quoted } from "../../oci/errors/quoted.ts";
import { artifactRegistry } from "./artifact-registry.ts";
import { ecr } from "./ecr.ts";
import { generic } from "./generic.ts";
import type { OptionProblem, Provider, RegistryAccess } from "./provider.ts";

/** The built-in kinds of registry. */
export const PROVIDERS = { ecr, artifactRegistry, generic } as const satisfies Readonly<Record<string, Provider>>;

/**
 * All kinds in this process. Schema, hosts, login and listing of a registry come from this map only. A new way to log in or to list is a
 * new member of `Login` or `Listing` in `provider.ts`, which `src/wiring` carries out.
 */
const kinds = new Map<string, Provider>(Object.entries(PROVIDERS));

/**
 * Adds a kind of registry. Call it before a configuration is parsed: in a module that is imported before the function or the app.
 * @throws {RangeError} when the name is empty or taken.
 */
export function registerProvider(kind: string, provider: Provider): void {
  if (kind === "") throw new RangeError("a kind of registry needs a name");
  if (kinds.has(kind)) throw new RangeError(`the kind of registry ${quoted(kind)} already exists; choose another name`);
  kinds.set(kind, provider);
}

/** Names of the kinds that can be destinations. */
export function destinationKinds(): readonly string[] {
  return [...kinds].flatMap(([kind, { isDestination }]) => (isDestination ? [kind] : []));
}

/** The fields of a destination of a kind; undefined when the kind is unknown or can only be a source. */
export function destinationOptions(kind: string): z.ZodRawShape | undefined {
  const provider = kinds.get(kind);
  return provider?.isDestination === true ? provider.options : undefined;
}

/** Names of all kinds: each can be a source. */
export function sourceKinds(): readonly string[] {
  return [...kinds.keys()];
}

/** The fields of a source of a kind; undefined when the kind is unknown. */
export function sourceOptions(kind: string): z.ZodRawShape | undefined {
  const { createRepositories: _ofDestinations, ...options } = kinds.get(kind)?.options ?? {};
  return kinds.has(kind) ? options : undefined;
}

/** Why a kind is refused, with the known kinds. */
export function unknownKindProblem(kind: unknown, kindsKnown: readonly string[] = destinationKinds()): string {
  const known = kindsKnown.join(", ");
  if (typeof kind !== "string" || kind === "") return `is missing or empty; known kinds are ${known}`;
  const what = kinds.has(kind) ? "can only be a source" : "is not a kind of registry";
  return `${quoted(kind)} ${what}; known kinds are ${known}`;
}

/** The registry of a source or a destination, from options that match the schema of its kind, and the problems between them. */
export function registryOfKind(
  kind: string,
  options: Readonly<Record<string, unknown>>,
  prefix: string,
): { readonly access: RegistryAccess; readonly problems: readonly OptionProblem[] } {
  const provider = kinds.get(kind);
  if (provider === undefined) throw new RangeError(unknownKindProblem(kind));
  return { access: provider.access(options), problems: provider.problems(options, prefix) };
}
