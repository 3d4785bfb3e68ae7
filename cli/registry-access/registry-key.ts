import { DOCKER_HUB, isDockerHub } from "../../src/oci/names/docker-hub.ts";

/** Normalizes a registry for lookup among the keys of the file. */
export function registryKey(registry: string): string {
  return isDockerHub(registry) ? DOCKER_HUB : registry.toLowerCase().replace(/:443$/, "");
}
