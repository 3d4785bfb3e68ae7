import { hostPattern } from "../../oci/names/host-pattern.ts";

/** A server named a host we were not configured to talk to. Permanent: the configuration has to allow it, or it is an attack. */
export class HostRefusedError extends Error {
  override readonly name = "HostRefusedError";
  readonly host: string;

  /** `remedy` is what a person can do about it, where something can be done. */
  constructor(host: string, reason: string, remedy?: string) {
    super(`refused to contact ${host}: ${reason}${remedy === undefined ? "" : `; ${remedy}`}`);
    this.host = host;
  }
}

export interface HostGuardOptions {
  /** The registry's own origin, for example `https://123456789012.dkr.ecr.eu-west-1.amazonaws.com`. */
  readonly origin: URL;
  /** Other hosts (`host` or `host:port`) that redirects, realms and upload locations may name; `*` stands within one label. */
  readonly allowedHosts: readonly string[];
  /** What a person does to allow a host, for the refusal: an option of the command, a field of the configuration. */
  readonly howToAllow?: ((host: string) => string) | undefined;
}

/**
 * Checks a URL that a server gave us, after URL parsing (so `127.1` and `2130706433` have become `127.0.0.1`).
 * @throws {HostRefusedError} unless the host is the registry's own or on the list, and the scheme is its own or HTTPS.
 */
export type HostGuard = (url: URL) => void;

/** An allow-list, not a block-list: a replicator knows its hosts. */
export function createHostGuard({ origin, allowedHosts, howToAllow }: HostGuardOptions): HostGuard {
  const allowed = allowedHosts.map(hostPattern);
  return (url) => {
    if (url.username !== "" || url.password !== "") throw new HostRefusedError(url.host, "the URL carries credentials");
    // From plain HTTP to HTTPS is the safe way; the host is still looked at.
    if (url.protocol !== origin.protocol && url.protocol !== "https:")
      throw new HostRefusedError(url.host, `${url.protocol} instead of ${origin.protocol}`);
    if (url.host === origin.host) return;
    if (!allowed.some((pattern) => pattern.test(url.host))) {
      const remedy = howToAllow === undefined ? undefined : `if you trust it, ${howToAllow(url.host)}`;
      throw new HostRefusedError(url.host, `${origin.host} sends us there, and it is none of its known hosts`, remedy);
    }
  };
}
