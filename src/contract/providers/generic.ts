import * as z from "zod";
import { parseRegistryHost } from "../../oci/reference.ts";
import { knownHosts } from "./known-hosts.ts";
import { HostPatterns, KeyArn, RegistryHostField, SecretArn, storedSecret } from "./provider.ts";
import type { Provider } from "./provider.ts";

const shape = {
  registry: RegistryHostField,
  plainHttp: z.boolean().default(false),
  /** Its token server, its object store: whatever else it may send us to, beside the hosts it is known for. */
  allowedHosts: HostPatterns.default([]),
  /** The secret that holds user and password, or a token. Read into memory, and nowhere else. */
  loginSecret: SecretArn.optional(),
  /** The KMS key that secret is encrypted with, when it is not the account's `aws/secretsmanager`. */
  secretEncryptionKey: KeyArn.optional(),
};

/** Any registry that follows the distribution-spec. */
export const generic = {
  options: shape,
  isDestination: true,
  problems({ loginSecret, secretEncryptionKey }) {
    if (secretEncryptionKey === undefined || loginSecret !== undefined) return [];
    return [{ field: "secretEncryptionKey", text: "stands without a loginSecret; remove it, or name the secret" }];
  },
  access: ({ registry, plainHttp, allowedHosts, loginSecret, secretEncryptionKey }) => ({
    registry: parseRegistryHost(registry),
    plainHttp,
    allowedHosts: [...allowedHosts, ...knownHosts(registry)],
    hostsField: "allowedHosts",
    login:
      loginSecret === undefined
        ? { kind: "anonymous" }
        : { kind: "stored", secret: storedSecret(loginSecret, secretEncryptionKey) },
    listing: "distribution",
  }),
} as const satisfies Provider<typeof shape>;
