import type { Descriptor } from "../oci/descriptor.ts";
import { discard } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { answerError } from "./failure.ts";
import type { RepositoryClient } from "./repository-client.ts";

/** A blob's bytes from an offset on. */
export interface Attachment {
  readonly answer: Answer;
  /** Bytes to drop first: the registry ignored the Range and began at 0 (RFC 9110, 14.2 allows it). */
  readonly skip: number;
}

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/**
 * Opens a blob at an offset (distribution-spec, "Pulling blobs"), always through the registry: a link it redirected to
 * before may have expired. Bytes must come as they are, without Content-Encoding: the digest is of those.
 */
export async function attachBlob(
  client: RepositoryClient,
  descriptor: Descriptor,
  offset: number,
  signal: AbortSignal,
): Promise<Attachment> {
  const answer = await client.sendRetrying(
    {
      operation: "open-blob",
      subject: client.subject(descriptor.digest),
      method: "GET",
      url: client.url(`blobs/${descriptor.digest}`),
      headers: { "accept-encoding": "identity", ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) },
      accept: [200, 206],
      scope: client.scope("pull"),
    },
    signal,
  );
  const problem = problemOf(answer, descriptor, offset);
  if (problem === undefined) return { answer, skip: answer.status === 200 ? offset : 0 };
  await discard(answer);
  const occasion = {
    side: client.endpoint.side,
    operation: "open-blob",
    subject: client.subject(descriptor.digest),
  } as const;
  throw answerError(occasion, answer, { problem, now: client.now(), category: "permanent" });
}

function problemOf(answer: Answer, { size }: Descriptor, offset: number): string | undefined {
  const encoding = answer.header("content-encoding") ?? "identity";
  if (encoding !== "identity") return `sent with Content-Encoding ${encoding.slice(0, 20)}, but asked for as it is`;
  if (answer.status === 200) return undefined;
  const range = CONTENT_RANGE.exec(answer.header("content-range") ?? "");
  const fits = range !== null && Number(range[1]) === offset && (range[3] === "*" || Number(range[3]) === size);
  return fits ? undefined : `asked for bytes from ${offset} of ${size}, answered with another range`;
}
