/** How a command was told to reach registries. */
export interface AccessOptions {
  /** Hosts that registries may send us to, beside those they are known for. */
  readonly allowedHosts: readonly string[];
  /** Plain HTTP for registries that are not known to have HTTPS. */
  readonly plainHttp?: boolean | undefined;
  /** Certificates to trust beside the usual ones, a PEM file. */
  readonly caFile?: string | undefined;
  /** Settings of single registries; the user's own file when not given. */
  readonly registriesFile?: string | undefined;
}

/** The options of a command that talks to registries, as they were written. */
export interface RawAccessOptions {
  readonly allowHost: readonly string[];
  readonly plainHttp?: boolean | undefined;
  readonly caFile?: string | undefined;
  readonly registries?: string | undefined;
}

export function parseAccessOptions({ allowHost, plainHttp, caFile, registries }: RawAccessOptions): AccessOptions {
  return { allowedHosts: allowHost, plainHttp, caFile, registriesFile: registries };
}
