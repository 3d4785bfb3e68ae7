import { DOCKER_HUB, isDockerHub } from "../../src/oci/names/docker-hub.ts";

/** The key of Docker Hub's logins since its first API (docker/cli, "registry.IndexServer"). Helpers look for exactly this text. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

/**
 * A key of a file of logins, or a place to log in at, in one spelling: `host[:port][/namespace]`. Keys are hosts, URLs of the old APIs
 * (`https://host/v1/`), or namespaces (containers-auth.json(5), "FORMAT"); hosts have no case, 443 is the usual port, and Docker Hub
 * has three names.
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

/**
 * The keys that say something about a place, best first: its repository, each namespace above it, its registry. Another namespace's
 * key is none of them (containers-auth.json(5), "FORMAT").
 */
export function keysFor(place: string): readonly string[] {
  const parts = loginKey(place).split("/");
  return parts.map((_part, index) => parts.slice(0, parts.length - index).join("/"));
}

/** What a credential helper is asked for, and what `docker login` writes as a key. */
export function helperServer(place: string): string {
  const key = loginKey(place);
  return key === DOCKER_HUB ? DOCKER_HUB_KEY : key;
}
