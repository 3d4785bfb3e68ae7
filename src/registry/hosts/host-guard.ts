import { hostPattern } from "../../oci/names/host-pattern.ts";

/** A server named a host that the configuration does not allow. Permanent: either the configuration is incomplete, or it is an attack. */
export class HostRefusedError extends Error {
  override readonly name = "HostRefusedError";
  readonly host: string;

  /** @param remedy what the user can do about it. */
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
  /** How to allow a host, for the message: an option of the command, or a field of the configuration. */
  readonly howToAllow?: ((host: string) => string) | undefined;
}

/**
 * Checks a URL from a server. It is parsed, so `127.1` and `2130706433` are `127.0.0.1` here.
 * @throws {HostRefusedError} unless the host is the registry's own or allowed, the scheme is the registry's or HTTPS, and there are no
 * credentials in the URL.
 */
export type HostGuard = (url: URL) => void;

export function createHostGuard({ origin, allowedHosts, howToAllow }: HostGuardOptions): HostGuard {
  const allowed = allowedHosts.map(hostPattern);
  return (url) => {
    if (url.username !== "" || url.password !== "") throw new HostRefusedError(url.host, "the URL carries credentials");
    // A plain HTTP registry may redirect to HTTPS; its host is checked all the same.
    if (url.protocol !== origin.protocol && url.protocol !== "https:")
      throw new HostRefusedError(url.host, `${url.protocol} instead of ${origin.protocol}`);
    if (url.host === origin.host) return;
    if (!allowed.some((pattern) => pattern.test(url.host))) {
      const remedy = howToAllow === undefined ? undefined : `if you trust it, ${howToAllow(url.host)}`;
      throw new HostRefusedError(url.host, `${origin.host} sends us there, and it is none of its known hosts`, remedy);
    }
  };
}
