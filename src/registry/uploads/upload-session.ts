import type { Digest } from "../../oci/digest.ts";
import { discard } from "../http/response.ts";
import type { Answer } from "../http/response.ts";
import { answerError } from "../errors/typed-failure.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { withTimeLimit } from "../../async/time-limit.ts";

/** An open upload session: a value, not an object with state (distribution-spec, "Pushing blobs"). */
export interface UploadSession {
  readonly location: URL;
  /** The fewest bytes of a part but the last, where the registry says so (`OCI-Chunk-Min-Length`). */
  readonly leastPartBytes: number;
}

/** How far a session is: its bytes are there, and the next one is wanted at its place. */
export interface UploadStatus {
  readonly session: UploadSession;
  readonly offset: number;
}

/** How long a session that has broken may take to say how far it is, in milliseconds. */
const STATUS_MS = 2_000;

/**
 * Where a session goes on: relative to the answer's own URL, and only on a host we were configured to talk to.
 * @throws {RegistryError} when the answer does not say it, and no session before says it either.
 */
export function sessionOf(
  client: RepositoryClient,
  digest: Digest,
  answer: Answer,
  before?: UploadSession,
): UploadSession {
  const location = answer.header("location");
  if (location === undefined && before !== undefined) return before;
  if (location === undefined || !URL.canParse(location, answer.url.href)) {
    const occasion = client.occasion("start-upload", digest);
    const problem = "the registry opened an upload without a usable Location";
    throw answerError(occasion, answer, { problem, now: client.clock.now(), category: "transient" });
  }
  const url = new URL(location, answer.url);
  client.guard(url);
  const least = Number(answer.header("oci-chunk-min-length"));
  const leastPartBytes = Number.isSafeInteger(least) && least > 0 ? least : (before?.leastPartBytes ?? 0);
  return { location: url, leastPartBytes };
}

/** The URL that closes a session: its own, to the byte, and the digest behind it. The registry may have signed its query. */
export function closingUrl({ location }: UploadSession, digest: Digest): URL {
  const url = new URL(location);
  url.search = `${url.search === "" ? "?" : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

/**
 * Asks how far a session is (distribution-spec, "Resuming an upload"). Undefined where it is gone, or the registry does not
 * say it: then the upload begins anew. Never fails.
 */
export async function askStatus(
  client: RepositoryClient,
  session: UploadSession,
  digest: Digest,
): Promise<UploadStatus | undefined> {
  const request = {
    operation: "start-upload",
    subject: client.subject(digest),
    method: "GET",
    url: session.location,
    accept: [204],
    scope: client.scope("pull,push"),
  } as const;
  const answer = await withTimeLimit(client.clock, STATUS_MS, (signal) => client.send(request, signal)).catch(
    () => undefined,
  );
  if (answer === undefined) return undefined;
  await discard(answer);
  const offset = storedBytes(answer);
  return offset === undefined ? undefined : { session: sessionOf(client, digest, answer, session), offset };
}

/** The bytes that an answer says are there; `0-0` says none (distribution answers so to an upload of nothing). */
export function storedBytes(answer: Answer): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.header("range") ?? "")?.[1];
  if (last === undefined) return undefined;
  return last === "0" ? 0 : Number(last) + 1;
}
