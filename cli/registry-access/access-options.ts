/** The user's options on how to reach registries. */
export interface AccessOptions {
  /** Hosts that registries may redirect to, in addition to the known ones. */
  readonly allowedHosts: readonly string[];
  /** Plain HTTP for registries that are not known to have HTTPS. */
  readonly plainHttp?: boolean | undefined;
  /** Path of a PEM file with additional certificates to trust. */
  readonly caFile?: string | undefined;
  /** Path of the registries file; the one in the user's configuration folder when undefined. */
  readonly registriesFile?: string | undefined;
}

/** The same options as commander gives them. */
export interface RawAccessOptions {
  readonly allowHost: readonly string[];
  readonly plainHttp?: boolean | undefined;
  readonly caFile?: string | undefined;
  readonly registries?: string | undefined;
}

export function parseAccessOptions({ allowHost, plainHttp, caFile, registries }: RawAccessOptions): AccessOptions {
  return { allowedHosts: allowHost, plainHttp, caFile, registriesFile: registries };
}
