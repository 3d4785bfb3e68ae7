import * as z from "zod";
import { parseRegistryHost } from "../oci/reference.ts";
import { knownHosts } from "./known-hosts.ts";
import { HostPatterns, RegistryHostField } from "./provider.ts";
import type { Provider } from "./provider.ts";

const shape = {
  registry: RegistryHostField,
  plainHttp: z.boolean().default(false),
  /** Its token server, its object store: whatever else it may send us to, beside the hosts it is known for. */
  allowedHosts: HostPatterns.default([]),
};

/** Any registry that follows the distribution-spec. */
export const generic = {
  options: shape,
  access: ({ registry, plainHttp, allowedHosts }) => ({
    registry: parseRegistryHost(registry),
    plainHttp,
    allowedHosts: [...allowedHosts, ...knownHosts(registry)],
    login: { kind: "anonymous" },
  }),
  recognizes: () => false,
} as const satisfies Provider<typeof shape>;
