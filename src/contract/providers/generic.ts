import * as z from "zod";
import { parseRegistryHost } from "../../oci/reference.ts";
import { knownHosts } from "./known-hosts.ts";
import { HostPatterns, KeyArn, RegistryHostField, SecretArn, storedSecret } from "./provider.ts";
import type { Provider } from "./provider.ts";

const shape = {
  registry: RegistryHostField,
  plainHttp: z.boolean().default(false),
  /** Hosts that the registry may refer to, such as a token server or object store, in addition to its known hosts. */
  allowedHosts: HostPatterns.default([]),
  /** The secret that contains user and password, or a token. Kept in memory only. */
  loginSecret: SecretArn.optional(),
  /** The KMS key of that secret, unless it is the account's `aws/secretsmanager`. */
  secretEncryptionKey: KeyArn.optional(),
};

/** Any registry that follows the distribution-spec. */
export const generic = {
  options: shape,
  isDestination: true,
  problems({ loginSecret, secretEncryptionKey }) {
    if (secretEncryptionKey === undefined || loginSecret !== undefined) return [];
    return [{ field: "secretEncryptionKey", text: "needs a loginSecret; remove it, or set loginSecret" }];
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
