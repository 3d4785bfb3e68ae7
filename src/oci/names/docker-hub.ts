/**
 * Docker Hub, whose names are not its hosts. `docker.io` is what people type and read; `index.docker.io` is its first API, which is
 * still the key of its logins; `registry-1.docker.io` answers the distribution API (distribution/reference, "normalize.go";
 * docker/cli, "cli/config/configfile"; https://docs.docker.com/reference/api/registry/).
 */
const HOSTS = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/** The name of Docker Hub in every parsed reference. */
export const DOCKER_HUB = "docker.io";

/** True for each of Docker Hub's own names, in any case. */
export function isDockerHub(registry: string): boolean {
  return HOSTS.has(registry.toLowerCase());
}

/** The host of a registry's distribution API: the registry itself, except for Docker Hub. */
export function apiHost(registry: string): string {
  return isDockerHub(registry) ? "registry-1.docker.io" : registry;
}

/** The repository a name means at Docker Hub: official images are in `library` (distribution/reference, "familiar names"). */
export function dockerHubName(name: string): string {
  return name.includes("/") ? name : `library/${name}`;
}
