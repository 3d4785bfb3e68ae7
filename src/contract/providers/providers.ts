import type * as z from "zod";
import { shown } from "../../oci/errors/format-error.ts";
import { artifactRegistry } from "./artifact-registry.ts";
import { ecr } from "./ecr.ts";
import { generic } from "./generic.ts";
import type { OptionProblem, Provider, RegistryAccess } from "./provider.ts";

/** The kinds of registry that come with the product. */
export const PROVIDERS = { ecr, artifactRegistry, generic } as const satisfies Readonly<Record<string, Provider>>;

/** Every kind there is in this process: schema, hosts, login and listing of a registry are read from here, and nowhere else. */
const kinds = new Map<string, Provider>(Object.entries(PROVIDERS));

/**
 * Adds a kind of registry. To be called before a configuration is read: in a module that is imported ahead of the function or the app.
 * @throws {RangeError} when the name is empty or taken.
 */
export function registerProvider(kind: string, provider: Provider): void {
  if (kind === "") throw new RangeError("a kind of registry needs a name");
  if (kinds.has(kind)) throw new RangeError(`there is a kind of registry ${shown(kind)} already; choose another name`);
  kinds.set(kind, provider);
}

/** Names of the kinds that images can be replicated to. */
export function destinationKinds(): readonly string[] {
  return [...kinds].flatMap(([kind, { isDestination }]) => (isDestination ? [kind] : []));
}

/** The fields of a destination of a kind. Undefined when there is no such kind, or it is for sources only. */
export function destinationOptions(kind: string): z.ZodRawShape | undefined {
  const provider = kinds.get(kind);
  return provider?.isDestination === true ? provider.options : undefined;
}

/** Why there is no such kind of destination, with the kinds there are. */
export function unknownKindProblem(kind: unknown): string {
  const known = destinationKinds().join(", ");
  if (typeof kind !== "string" || kind === "") return `is missing or empty; known kinds are ${known}`;
  const what = kinds.has(kind) ? "is a kind of source only" : "is no kind of registry";
  return `${shown(kind)} ${what}; known kinds are ${known}`;
}

/** A destination's registry, from options that the schema of its kind has checked; and what is wrong with them together. */
export function registryOfKind(
  kind: string,
  options: Readonly<Record<string, unknown>>,
  prefix: string,
): { readonly access: RegistryAccess; readonly problems: readonly OptionProblem[] } {
  const provider = kinds.get(kind);
  if (provider === undefined) throw new RangeError(unknownKindProblem(kind));
  return { access: provider.access(options), problems: provider.problems(options, prefix) };
}
