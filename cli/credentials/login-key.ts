import { DOCKER_HUB, isDockerHub } from "../../src/oci/names/docker-hub.ts";

/** The key of Docker Hub's login (docker/cli, "registry.IndexServer"). Helpers compare this exact text. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

/**
 * Normalizes a key of an auth file, or a registry to log in to, to `host[:port][/namespace]`. Keys are hosts, URLs of the old APIs
 * (`https://host/v1/`) or namespaces (containers-auth.json(5), "FORMAT"). Hosts are case-insensitive, port 443 is the default, and
 * Docker Hub has three names.
 */
export function loginKey(text: string): string {
  const scheme = /^https?:\/\//i.exec(text)?.[0] ?? "";
  const [host = "", ...path] = text.slice(scheme.length).split("/");
  const registry = host.toLowerCase().replace(scheme.toLowerCase() === "http://" ? /:80$/ : /:443$/, "");
  const isOldApi = /^v[12]\/?$/.test(path.join("/")) && (scheme !== "" || text.endsWith("/"));
  const namespace = isOldApi ? "" : path.filter(Boolean).join("/");
  const name = isDockerHub(registry) ? DOCKER_HUB : registry;
  return namespace === "" ? name : `${name}/${namespace}`;
}

/** The keys that match a name, most specific first: the repository, each namespace above it, the registry (containers-auth.json(5), "FORMAT"). */
export function keysFor(name: string): readonly string[] {
  const parts = loginKey(name).split("/");
  return parts.map((_part, index) => parts.slice(0, parts.length - index).join("/"));
}

/** The server name that credential helpers expect, and that `docker login` writes as a key. */
export function helperServer(name: string): string {
  const key = loginKey(name);
  return key === DOCKER_HUB ? DOCKER_HUB_KEY : key;
}
