import * as z from "zod";
import { parseRegistryHost } from "../../oci/reference.ts";
import { googlePlace } from "./google-place.ts";
import { Federation, KeyArn, RegistryHostField, SecretArn, storedSecret } from "./provider.ts";
import type { Login, OptionProblem, Provider } from "./provider.ts";

const shape = {
  registry: RegistryHostField,
  plainHttp: z.boolean().default(false),
  federation: Federation.optional(),
  /** Where no federation can be: the secret that holds a service account's key (JSON). Read into memory, and nowhere else. */
  keySecret: SecretArn.optional(),
  /** The KMS key that secret is encrypted with, when it is not the account's `aws/secretsmanager`. */
  secretEncryptionKey: KeyArn.optional(),
};
type Options = z.infer<z.ZodObject<typeof shape>>;

/** Google Artifact Registry: `LOCATION-docker.pkg.dev`, and the gcr.io names it serves since 2025. */
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

/** On gcr.io names the repository is the host's (`googlePlace`). */
function prefixProblems({ registry, plainHttp }: Options, prefix: string): readonly OptionProblem[] {
  if (plainHttp || !isGoogle(registry)) return [];
  const { project, repository } = googlePlace(registry, prefix);
  if (repository !== "" && !project.endsWith(":")) return [];
  return [{ field: "prefix", text: `${prefix} names no repository; write ${prefixForm(registry)}` }];
}

/** A project within a domain stands as two components. */
function prefixForm(registry: string): string {
  return registry.endsWith("gcr.io")
    ? "PROJECT, or DOMAIN/PROJECT"
    : "PROJECT/REPOSITORY, or DOMAIN/PROJECT/REPOSITORY";
}

function loginProblems({ plainHttp, federation, keySecret, secretEncryptionKey }: Options): readonly OptionProblem[] {
  if (federation !== undefined && keySecret !== undefined) {
    return [{ field: "keySecret", text: "stands beside a federation; keep the federation, which needs no key" }];
  }
  if (secretEncryptionKey !== undefined && keySecret === undefined) {
    return [{ field: "secretEncryptionKey", text: "stands without a keySecret; remove it, or name the secret" }];
  }
  if (plainHttp || federation !== undefined || keySecret !== undefined) return [];
  const text = "is missing: Artifact Registry lets only identities of Google write (docs/use/google-setup.md)";
  return [{ field: "federation", text }];
}

/** True for hosts of Artifact Registry. */
export function isGoogle(host: string): boolean {
  return /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:(?:us|eu|asia)\.)?gcr\.io)$/.test(host);
}
