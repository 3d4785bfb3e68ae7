import * as z from "zod";
import { parseRegistryHost } from "../oci/reference.ts";
import { Federation, RegistryHostField } from "./provider.ts";
import type { Provider } from "./provider.ts";

const shape = {
  registry: RegistryHostField,
  plainHttp: z.boolean().default(false),
  federation: Federation.optional(),
};

/** Google Artifact Registry: `LOCATION-docker.pkg.dev`, and the gcr.io names it serves since 2025. */
export const artifactRegistry = {
  options: shape,
  problem: ({ registry, plainHttp }) =>
    plainHttp || isGoogle(registry)
      ? undefined
      : {
          field: "registry",
          text: `${registry} is not Artifact Registry (LOCATION-docker.pkg.dev or gcr.io); use kind generic`,
        },
  access: ({ registry, plainHttp, federation }) => ({
    registry: parseRegistryHost(registry),
    plainHttp,
    // Uploads and downloads stay on the registry's own host.
    allowedHosts: [],
    login: federation === undefined ? { kind: "anonymous" } : { kind: "google", federation },
  }),
  recognizes: isGoogle,
  usualHosts: ["storage.googleapis.com"],
} as const satisfies Provider<typeof shape>;

function isGoogle(host: string): boolean {
  return /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:(?:us|eu|asia)\.)?gcr\.io)$/.test(host);
}
