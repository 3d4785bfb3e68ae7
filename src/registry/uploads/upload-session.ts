import type { Digest } from "../../oci/digest.ts";
import { discard } from "../http/response.ts";
import type { RegistryResponse } from "../http/response.ts";
import { responseError } from "../errors/typed-failure.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { withTimeLimit } from "../../async/time-limit.ts";

/** An open upload session: a value, not an object with state (distribution-spec, "Pushing blobs"). */
export interface UploadSession {
  readonly location: URL;
  /** Smallest size of each part except the last, in bytes (`OCI-Chunk-Min-Length`); 0 when the registry names none. */
  readonly minPartBytes: number;
}

/** How much of a blob a session has. */
export interface UploadStatus {
  readonly session: UploadSession;
  /** Number of bytes that have arrived: the next part starts here. */
  readonly offset: number;
}

/** Time limit for the status of a session, in milliseconds. */
const STATUS_MS = 2_000;

/**
 * The session that a response opens or continues. Its Location is relative to the URL of the response, and must be on an allowed host.
 * @param before the session so far, whose location stays valid when the response names none.
 * @throws {RegistryError} when there is no usable Location. @throws {HostRefusedError}
 */
export function sessionOf(
  client: RepositoryClient,
  digest: Digest,
  response: RegistryResponse,
  before?: UploadSession,
): UploadSession {
  const location = response.header("location");
  if (location === undefined && before !== undefined) return before;
  const url = location === undefined ? null : URL.parse(location, response.url.href);
  if (url === null) {
    const context = client.address.failureContext("start-upload", digest);
    const problem = "the registry opened an upload without a usable Location";
    throw responseError(context, response, { problem, now: client.runtime.clock.now(), category: "transient" });
  }
  client.runtime.guard(url);
  const least = Number(response.header("oci-chunk-min-length"));
  const minPartBytes = Number.isSafeInteger(least) && least > 0 ? least : (before?.minPartBytes ?? 0);
  return { location: url, minPartBytes };
}

/** The URL that closes a session. The digest is appended to the query as it is, because the registry may have signed it. */
export function closingUrl({ location }: UploadSession, digest: Digest): URL {
  const { origin, pathname, search } = location;
  return new URL(`${origin}${pathname}${search === "" ? "?" : `${search}&`}digest=${encodeURIComponent(digest)}`);
}

/**
 * Queries how much a session has (distribution-spec, "Resuming an upload"). Undefined when the session is lost, or the registry
 * does not say: then the upload starts from byte 0.
 */
export async function queryUploadStatus(
  client: RepositoryClient,
  session: UploadSession,
  digest: Digest,
): Promise<UploadStatus | undefined> {
  const request = {
    operation: "start-upload",
    subject: client.address.subject(digest),
    method: "GET",
    url: session.location,
    accept: [204],
    scope: client.address.scope("pull,push"),
  } as const;
  const response = await withTimeLimit(client.runtime.clock, { ms: STATUS_MS }, (signal) =>
    client.send(request, signal),
  ).catch(() => undefined);
  if (response === undefined) return undefined;
  await discard(response);
  const offset = storedBytes(response);
  return offset === undefined ? undefined : { session: sessionOf(client, digest, response, session), offset };
}

/** Number of bytes that a response reports as stored. `0-0` means none: distribution reports an empty upload so. */
export function storedBytes(response: RegistryResponse): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(response.header("range") ?? "")?.[1];
  if (last === undefined) return undefined;
  return last === "0" ? 0 : Number(last) + 1;
}
