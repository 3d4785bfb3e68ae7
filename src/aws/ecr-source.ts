import type { ImageSource } from "../oci/image-source.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { Endpoint } from "../registry/endpoint.ts";
import { createRegistrySource } from "../registry/registry-source.ts";
import { ecrBlobHosts, ecrHost } from "./ecr-registry.ts";
import type { EcrRegistry } from "./ecr-registry.ts";

export interface EcrSourceOptions {
  readonly registry: EcrRegistry;
  readonly credentials: Endpoint["credentials"];
  readonly connections: Endpoint["connections"];
}

/** Opens repositories of one account's private registry for reading. */
export function createEcrSource({ registry, credentials, connections }: EcrSourceOptions) {
  return (repository: RepositoryName): ImageSource =>
    createRegistrySource({
      side: "source",
      registry: ecrHost(registry),
      repository,
      plainHttp: registry.plainHttp,
      allowedHosts: ecrBlobHosts(registry),
      credentials,
      connections,
    });
}
