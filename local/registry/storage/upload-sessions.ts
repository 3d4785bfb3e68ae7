import { createHash, randomBytes } from "node:crypto";
import type { Hash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { algorithmOf, hexOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import type { ContentFiles } from "./content-files.ts";
import { ErrorResponse } from "../protocol/error-response.ts";

/** An upload in progress. Its bytes are on disk, never in memory. */
export interface UploadSession {
  readonly id: string;
  readonly repository: string;
  readonly file: string;
  /** Bytes received. */
  offset: number;
  /** Number of requests that wrote to it. */
  writes: number;
  readonly sha256: Hash;
  /** A request is writing to it. */
  busy: boolean;
  /** When it was last used, epoch milliseconds. */
  usedAt: number;
}

export interface UploadSessions {
  start(repository: string): UploadSession;
  /** @throws {ErrorResponse} BLOB_UPLOAD_UNKNOWN when there is no such session of this repository. */
  find(id: string, repository: string | undefined): UploadSession;
  /** Appends a request's body. When the body breaks off, the bytes received stay, or the session ends: the profile decides. */
  append(session: UploadSession, request: IncomingMessage, onBytes: (bytes: number) => void): Promise<void>;
  /**
   * Completes the session: its bytes become the blob.
   * @throws {ErrorResponse} DIGEST_INVALID when they do not match the digest; 409 while another request is writing.
   */
  commit(session: UploadSession, digest: Digest): Promise<void>;
  cancel(session: UploadSession): Promise<void>;
}

export interface UploadSessionsOptions {
  readonly files: ContentFiles;
  /** A broken request ends its session, as at Artifact Registry. */
  readonly endsWhenBroken: boolean;
  readonly now?: () => number;
}

/** How long an unused session lasts. No registry documents it; those of Artifact Registry end within an hour. */
export const SESSION_MS = 3_600_000;

export function createUploadSessions({ files, endsWhenBroken, now = Date.now }: UploadSessionsOptions): UploadSessions {
  const sessions = new Map<string, UploadSession>();

  async function cancel(session: UploadSession): Promise<void> {
    sessions.delete(session.id);
    await rm(session.file, { force: true });
  }

  /** Ends the sessions that were unused for too long. */
  function expire(): void {
    for (const session of sessions.values()) {
      if (!session.busy && now() - session.usedAt > SESSION_MS) cancel(session).catch(() => undefined);
    }
  }

  return {
    start(repository) {
      expire();
      const session = newSession(repository, files.uploads.newPath(), now());
      sessions.set(session.id, session);
      return session;
    },
    find(id, repository) {
      expire();
      const session = sessions.get(id);
      if (session === undefined || (repository !== undefined && session.repository !== repository)) {
        throw unknownUpload();
      }
      session.usedAt = now();
      return session;
    },
    async append(session, request, onBytes) {
      if (session.busy) throw isWrittenTo();
      session.busy = true;
      session.writes++;
      try {
        await write(session, request, onBytes);
      } catch (error) {
        // On a full disk, the partial upload is deleted to make room for others.
        if (endsWhenBroken || isDiskFull(error)) await cancel(session);
        throw error;
      } finally {
        session.busy = false;
        session.usedAt = now();
      }
      if (!sessions.has(session.id)) throw unknownUpload();
    },
    async commit(session, digest) {
      // Bytes that another request is still writing would be in the blob after its digest was checked.
      if (session.busy) throw isWrittenTo();
      // Cancelled during its last write: its file is deleted, and must not be created again, empty.
      if (!sessions.delete(session.id)) throw unknownUpload();
      await commitFile(session, digest, files);
    },
    cancel,
  };
}

function newSession(repository: string, file: string, usedAt: number): UploadSession {
  const id = randomBytes(18).toString("base64url");
  return { id, repository, file, offset: 0, writes: 0, sha256: createHash("sha256"), busy: false, usedAt };
}

function isWrittenTo(): ErrorResponse {
  return new ErrorResponse(409, "BLOB_UPLOAD_INVALID", "another request is writing to this upload");
}

function unknownUpload(): ErrorResponse {
  return new ErrorResponse(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
}

/** True when the disk was full. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOSPC";
}

/** Appends a request's body to the session's file, piece by piece. */
async function write(
  session: UploadSession,
  request: IncomingMessage,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const file = await open(session.file, "a");
  try {
    for await (const chunk of request) {
      const bytes = Buffer.from(chunk);
      await file.writeFile(bytes);
      session.sha256.update(bytes);
      session.offset += bytes.byteLength;
      onBytes(bytes.byteLength);
    }
  } finally {
    await file.close();
  }
}

/** Turns the session's file into the blob, if its digest matches. */
async function commitFile(session: UploadSession, digest: Digest, files: ContentFiles): Promise<void> {
  // An empty upload has no file yet.
  if (session.offset === 0) await (await open(session.file, "a")).close();
  const isSha256 = algorithmOf(digest) === "sha256";
  const hex = isSha256 ? session.sha256.digest("hex") : await files.uploads.hash(session.file, digest);
  if (hex !== hexOf(digest)) {
    await rm(session.file, { force: true });
    throw new ErrorResponse(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  await files.uploads.commit(session.file, digest);
}
