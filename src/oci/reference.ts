import { isDigest } from "./digest.ts";
import type { Digest } from "./digest.ts";
import { DOCKER_HUB, dockerHubName, isDockerHub } from "./names/docker-hub.ts";
import { FormatError } from "./errors/format-error.ts";
import { quoted } from "./errors/quoted.ts";
import { withoutTransport } from "./names/transport-prefix.ts";

/** A repository's name within its registry, `<name>` of the distribution-spec ("Pulling manifests"). */
export type RepositoryName = string & { readonly [repositoryName]: true };
declare const repositoryName: unique symbol;

/** A tag, `<reference>` of the distribution-spec when it is no digest ("Pulling manifests"). */
export type Tag = string & { readonly [tag]: true };
declare const tag: unique symbol;

/** Host and optional port of a registry: `gcr.io`, `127.0.0.1:5000`, `123456789012.dkr.ecr.eu-west-1.amazonaws.com`. */
export type RegistryHost = string & { readonly [registryHost]: true };
declare const registryHost: unique symbol;

/** One repository of one registry. */
export interface Repository {
  readonly registry: RegistryHost;
  readonly name: RepositoryName;
}

/**
 * A reference as users write it: `registry/repository[:tag][@digest]`. With a digest, the digest decides and the tag is
 * only a name.
 */
export interface Reference extends Repository {
  readonly tag: Tag | undefined;
  readonly digest: Digest | undefined;
}

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-fA-F:.]+\\])(?::([0-9]{1,5}))?$`);
/** Many clients limit host and name together to 255 characters (distribution-spec, "Pulling manifests"). */
const NAME_LENGTH = 255;

/** @throws {FormatError} when the text is outside the distribution-spec's grammar of `<name>`. */
export function parseRepositoryName(text: string, field = "repository"): RepositoryName {
  if (isRepositoryName(text)) return text;
  throw new FormatError(
    field,
    `${quoted(text)} is not a repository name (lower case, digits, and . _ - / between them)`,
  );
}

export function isRepositoryName(text: string): text is RepositoryName {
  return text.length <= NAME_LENGTH && NAME.test(text);
}

/** @throws {FormatError} when the text is outside the distribution-spec's grammar of a tag. */
export function parseTag(text: string, field = "tag"): Tag {
  if (isTag(text)) return text;
  throw new FormatError(field, `${quoted(text)} is not a tag (up to 128 of letters, digits, . _ -)`);
}

export function isTag(text: string): text is Tag {
  return TAG.test(text);
}

/** @throws {FormatError} when the text is no `host[:port]`. */
export function parseRegistryHost(text: string, field = "registry"): RegistryHost {
  if (isRegistryHost(text)) return text;
  throw new FormatError(field, `${quoted(text)} is not a registry host (host or host:port, no scheme, no path)`);
}

export function isRegistryHost(text: string): text is RegistryHost {
  if (text.length > NAME_LENGTH) return false;
  const port = HOST.exec(text);
  return port !== null && Number(port[1] ?? 0) <= 65_535 && isCanonical(text);
}

/**
 * True when a URL with this host leads to this host. URLs rewrite other spellings of addresses (`2130706433`, `0x7f.1`
 * and `127.1` are all 127.0.0.1), and no spelling may bypass a rule about hosts.
 */
function isCanonical(text: string): boolean {
  const url = URL.parse(`http://${text}/`);
  return url !== null && url.hostname === text.replace(/:\d*$/, "").toLowerCase();
}

/**
 * Parses `registry/repository[:tag][@digest]`, with or without a leading `docker://`. The registry is required: a guessed
 * default host would receive credentials and images that were not meant for it. All names of Docker Hub mean one
 * registry, where `docker.io/bash` is `docker.io/library/bash`.
 * @throws {FormatError} naming the part that is wrong.
 */
export function parseReference(text: string): Reference {
  const reference = withoutTransport(text);
  const { host, rest } = splitRegistry(reference);
  const registry = parseRegistryHost(host);
  const [path = "", digestText, ...more] = rest.split("@");
  if (more.length > 0) throw new FormatError("reference", `${quoted(text)} has more than one "@"`);
  const colon = path.indexOf(":");
  const name = parseRepositoryName(colon < 0 ? path : path.slice(0, colon));
  const tag = colon < 0 ? undefined : parseTag(path.slice(colon + 1));
  if (digestText !== undefined && !isDigest(digestText)) {
    throw new FormatError("digest", `${quoted(digestText)} is not a sha256 or sha512 digest`);
  }
  if (!isDockerHub(registry)) return { registry, name, tag, digest: digestText };
  const hub = { registry: parseRegistryHost(DOCKER_HUB), name: parseRepositoryName(dockerHubName(name)) };
  return { ...hub, tag, digest: digestText };
}

/** The first component is a registry when it has a dot or a port, or is `localhost` (distribution/reference, "splitDockerDomain"). */
function splitRegistry(text: string): { readonly host: string; readonly rest: string } {
  const slash = text.indexOf("/");
  const host = text.slice(0, Math.max(slash, 0));
  if (/[.:]/.test(host) || host === "localhost") return { host, rest: text.slice(slash + 1) };
  const hint = /^[a-z0-9]/.test(text) ? `; at Docker Hub it is ${quoted(`${DOCKER_HUB}/${text}`)}` : "";
  throw new FormatError("reference", `${quoted(text)} names no registry (write registry/repository:tag${hint})`);
}

/** The text that {@link parseReference} parses to the same reference. */
export function formatReference(
  reference: Repository & { tag?: Tag | undefined; digest?: Digest | undefined },
): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${reference.registry}/${reference.name}${tag}${digest}`;
}
