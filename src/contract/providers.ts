import * as z from "zod";
import { FormatError, shown } from "../oci/format-error.ts";
import { artifactRegistry } from "./artifact-registry.ts";
import { dotPath } from "./dot-path.ts";
import { ecr } from "./ecr.ts";
import { generic } from "./generic.ts";
import type { Provider, RegistryAccess } from "./provider.ts";

/** Every kind of registry there is: another one is another entry, and nothing else. */
export const PROVIDERS = { ecr, artifactRegistry, generic } as const satisfies Readonly<Record<string, Provider>>;
export type RegistryKind = keyof typeof PROVIDERS;

/**
 * How to talk to a registry of a kind, from options nobody has checked yet.
 * @throws {FormatError} naming the registry and the field, when the kind is unknown or an option is missing, wrong or unknown.
 */
export function registryAccess(
  kind: string,
  options: unknown,
  providers: Readonly<Record<string, Provider>> = PROVIDERS,
): RegistryAccess {
  const provider = Object.hasOwn(providers, kind) ? providers[kind] : undefined;
  if (provider === undefined) {
    throw new FormatError(
      "kind",
      `${shown(kind)} is no kind of registry; known are ${Object.keys(providers).join(", ")}`,
    );
  }
  const parsed = z.strictObject(provider.options).safeParse(options);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = dotPath(issue?.path ?? []) || "options";
    throw new FormatError(field, `${issue?.message ?? "is wrong"} (${describe(kind, options)})`, {
      cause: parsed.error,
    });
  }
  const problem = provider.problem?.(parsed.data);
  if (problem !== undefined) throw new FormatError(problem.field, problem.text);
  return provider.access(parsed.data);
}

/** The kind of registry a host shows to be: `generic` when it shows nothing. */
export function kindOfHost(host: string): RegistryKind {
  const kinds: readonly RegistryKind[] = ["ecr", "artifactRegistry", "generic"];
  return kinds.find((kind) => PROVIDERS[kind].recognizes(host)) ?? "generic";
}

/** "ecr registry europe-docker.pkg.dev" for messages. */
function describe(kind: string, options: unknown): string {
  const named = z.object({ registry: z.string() }).safeParse(options).data?.registry;
  return named === undefined ? `a registry of kind ${kind}` : `registry ${shown(named)} of kind ${kind}`;
}
