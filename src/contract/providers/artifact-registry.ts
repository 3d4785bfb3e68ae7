import * as z from "zod";
import { parseRegistryHost } from "../../oci/reference.ts";
import { googlePlace } from "./google-place.ts";
import { Federation, KeyArn, RegistryHostField, SecretArn, storedSecret } from "./provider.ts";
import type { Login, OptionProblem, Provider } from "./provider.ts";

const shape = {
  registry: RegistryHostField,
  plainHttp: z.boolean().default(false),
  federation: Federation.optional(),
  /** Without federation: the secret that contains a service account's key (JSON). Kept in memory only. */
  keySecret: SecretArn.optional(),
  /** The KMS key of that secret, unless it is the account's `aws/secretsmanager`. */
  secretEncryptionKey: KeyArn.optional(),
};
type Options = z.infer<z.ZodObject<typeof shape>>;

/** Google Artifact Registry: `LOCATION-docker.pkg.dev`, and the gcr.io hosts that it has served since 2025. */
export const artifactRegistry = {
  options: shape,
  isDestination: true,
  problems: (options, prefix) => [
    ...hostProblems(options),
    ...prefixProblems(options, prefix),
    ...loginProblems(options),
  ],
  access: ({ registry, plainHttp, ...login }) => ({
    registry: parseRegistryHost(registry),
    plainHttp,
    // Uploads and downloads stay on the registry's own host.
    allowedHosts: [],
    login: loginOf(login),
    listing: "google",
  }),
} as const satisfies Provider<typeof shape>;

function loginOf({ federation, keySecret, secretEncryptionKey }: Omit<Options, "registry" | "plainHttp">): Login {
  if (federation !== undefined) return { kind: "google", federation };
  if (keySecret === undefined) return { kind: "anonymous" };
  return { kind: "google-key", secret: storedSecret(keySecret, secretEncryptionKey) };
}

function hostProblems({ registry, plainHttp }: Options): readonly OptionProblem[] {
  if (plainHttp || isGoogle(registry)) return [];
  const text = `${registry} is not Artifact Registry (LOCATION-docker.pkg.dev or gcr.io); use kind generic`;
  return [{ field: "registry", text }];
}

/** On gcr.io hosts, the host itself names the repository (`googlePlace`). */
function prefixProblems({ registry, plainHttp }: Options, prefix: string): readonly OptionProblem[] {
  if (plainHttp || !isGoogle(registry)) return [];
  const { project, repository } = googlePlace(registry, prefix);
  if (repository !== "" && !project.endsWith(":")) return [];
  return [{ field: "prefix", text: `${prefix} names no repository; write ${prefixForm(registry)}` }];
}

/** A domain-scoped project has two components. */
function prefixForm(registry: string): string {
  return registry.endsWith("gcr.io")
    ? "PROJECT, or DOMAIN/PROJECT"
    : "PROJECT/REPOSITORY, or DOMAIN/PROJECT/REPOSITORY";
}

function loginProblems({ plainHttp, federation, keySecret, secretEncryptionKey }: Options): readonly OptionProblem[] {
  if (federation !== undefined && keySecret !== undefined) {
    return [{ field: "keySecret", text: "conflicts with federation; remove it, because federation needs no key" }];
  }
  if (secretEncryptionKey !== undefined && keySecret === undefined) {
    return [{ field: "secretEncryptionKey", text: "needs a keySecret; remove it, or set keySecret" }];
  }
  if (plainHttp || federation !== undefined || keySecret !== undefined) return [];
  const text = "is missing: only Google identities may write to Artifact Registry (docs/use/google-setup.md)";
  return [{ field: "federation", text }];
}

/** True for hosts of Artifact Registry. */
export function isGoogle(host: string): boolean {
  return /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:(?:us|eu|asia)\.)?gcr\.io)$/.test(host);
}
