import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { COPY_REQUEST_VERSION, CopyRequest } from "../planning/copy-request.ts";

/** A push that was accepted for one destination and has not ended there. One item of the table, which its end removes. Times are epoch milliseconds. */
export const PendingPush = z.object({
  /** Correlation id of its request. */
  ...CopyRequest.pick({ id: true, destination: true, repository: true, reference: true }).shape,
  /** 0: unknown. */
  pushedAt: z.number(),
  acceptedAt: z.number(),
  /** What was pushed; absent when the event does not say. */
  digest: z.string().refine(isDigest).optional(),
  /** Its rule let it wait until then: for an age, or for its gate. */
  heldUntil: z.number().optional(),
  /** When it was announced as late. */
  lateAt: z.number().optional(),
  /** Bytes of the image at the source; absent until they were counted. */
  bytes: z.number().optional(),
  /** When its request was last sent again. */
  askedAt: z.number().optional(),
  /** When its request was set aside because its repository was paused; 0: it was sent again since then. */
  setAsideAt: z.number().optional(),
});
export type PendingPush = z.infer<typeof PendingPush>;

/** What identifies a pending push. */
export type PushKey = Pick<PendingPush, "id" | "destination" | "repository" | "reference">;
/** A tag, or content without one, at a destination. */
export type PushedTag = Omit<PushKey, "id">;
/** What is learned of a push while it is pending. */
export type PushNote = Partial<Pick<PendingPush, "heldUntil" | "lateAt" | "bytes" | "askedAt" | "setAsideAt">>;

/** Accepts pushes. */
export interface PushAcceptor {
  /** Writes a push before its request is sent. One that is pending already stays as it is. @throws {StoreError} */
  accept(push: PendingPush, signal: AbortSignal): Promise<void>;
}

/** The pushes that are accepted and have not ended. @throws {StoreError} when the table is unavailable. */
export interface PendingPushes {
  /** Those of one tag; strongly consistent. */
  ofTag(tag: PushedTag, signal: AbortSignal): Promise<PendingPush[]>;
  /** Those of one destination, in no particular order: reads them alone, and not the table. */
  ofDestination(destination: string, signal: AbortSignal): AsyncIterable<PendingPush>;
  /** False when the push has ended. */
  note(push: PushKey, note: PushNote, signal: AbortSignal): Promise<boolean>;
  /** Notes that the request of a push that was set aside was sent again, unless it has been set aside once more since `push` was read. */
  noteAsked(push: PendingPush, askedAt: number, signal: AbortSignal): Promise<void>;
  end(push: PushKey, signal: AbortSignal): Promise<void>;
}

/** The push of a request. @param now epoch milliseconds. @param digest what was pushed; undefined when the event does not say. */
export function acceptedPush(
  { id, destination, repository, reference, pushedAt }: CopyRequest,
  now: number,
  digest?: Digest,
): PendingPush {
  const push = { id, destination, repository, reference, pushedAt, acceptedAt: now };
  return digest === undefined ? push : { ...push, digest };
}

/** When the time of a push begins to count: at the push, or when its rule let it go. Epoch milliseconds. */
export function countsFrom({ pushedAt, acceptedAt, heldUntil = 0 }: PendingPush): number {
  return Math.max(pushedAt === 0 ? acceptedAt : pushedAt, heldUntil);
}

/** How long a push has been pending, in milliseconds; 0 while its rule holds it. */
export function pendingMs(push: PendingPush, now: number): number {
  return Math.max(now - countsFrom(push), 0);
}

/** True for a push whose request waits for the end of a pause: it has no message. */
export function isSetAside({ setAsideAt = 0 }: PendingPush): boolean {
  return setAsideAt > 0;
}

/** Fields of the receipt; empty for a request that is no accepted push. */
export function acceptedFields(push: PendingPush | undefined): {
  readonly acceptedAt?: number;
  readonly countsFrom?: number;
} {
  return push === undefined ? {} : { acceptedAt: push.acceptedAt, countsFrom: countsFrom(push) };
}

/** The request of a push, as it was sent. */
export function requestOf({ id, destination, repository, reference, pushedAt }: PendingPush): CopyRequest {
  return { version: COPY_REQUEST_VERSION, id, destination, repository, reference, pushedAt };
}
