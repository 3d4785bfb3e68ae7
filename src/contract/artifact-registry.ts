import * as z from "zod";
import { parseRegistryHost } from "../oci/reference.ts";
import { Federation, RegistryHostField, SecretArn } from "./provider.ts";
import type { Login, Provider } from "./provider.ts";

const shape = {
  registry: RegistryHostField,
  plainHttp: z.boolean().default(false),
  federation: Federation.optional(),
  /** Where no federation can be: the secret that holds a service account's key (JSON). Read into memory, and nowhere else. */
  keySecret: SecretArn.optional(),
};

/** Google Artifact Registry: `LOCATION-docker.pkg.dev`, and the gcr.io names it serves since 2025. */
export const artifactRegistry = {
  options: shape,
  problem({ registry, plainHttp, federation, keySecret }) {
    if (!plainHttp && !isGoogle(registry)) {
      const text = `${registry} is not Artifact Registry (LOCATION-docker.pkg.dev or gcr.io); use kind generic`;
      return { field: "registry", text };
    }
    if (federation === undefined || keySecret === undefined) return undefined;
    return { field: "keySecret", text: "stands beside a federation; keep the federation, which needs no key" };
  },
  access: ({ registry, plainHttp, federation, keySecret }) => ({
    registry: parseRegistryHost(registry),
    plainHttp,
    // Uploads and downloads stay on the registry's own host.
    allowedHosts: [],
    login: loginOf(federation, keySecret),
  }),
  recognizes: isGoogle,
} as const satisfies Provider<typeof shape>;

function loginOf(federation: Federation | undefined, secret: string | undefined): Login {
  if (federation !== undefined) return { kind: "google", federation };
  return secret === undefined ? { kind: "anonymous" } : { kind: "google-key", secret };
}

function isGoogle(host: string): boolean {
  return /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:(?:us|eu|asia)\.)?gcr\.io)$/.test(host);
}
