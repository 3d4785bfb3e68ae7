import { createHash, randomBytes } from "node:crypto";
import type { Hash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { algorithmOf, hexOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import type { ContentFiles } from "./content-files.ts";
import { ErrorResponse } from "../protocol/error-response.ts";

/** An upload under way: bytes on disk, never in memory. */
export interface UploadSession {
  readonly id: string;
  readonly repository: string;
  readonly file: string;
  /** Bytes received. */
  offset: number;
  /** Requests that have written to it. */
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
  /** Appends a request's body. A body that breaks off leaves what came, or ends the session where the profile says so. */
  append(session: UploadSession, request: IncomingMessage, onBytes: (bytes: number) => void): Promise<void>;
  /** Ends the session: its bytes become the blob. @throws {ErrorResponse} DIGEST_INVALID when they are not the digest's; 409 while they still come. */
  commit(session: UploadSession, digest: Digest): Promise<void>;
  cancel(session: UploadSession): Promise<void>;
}

export interface UploadSessionsOptions {
  readonly files: ContentFiles;
  /** A broken request ends its session, as at Artifact Registry. */
  readonly endsWhenBroken: boolean;
  readonly now?: () => number;
}

/** How long a session lasts without a request. No registry says; Artifact Registry's end within the hour. */
export const SESSION_MS = 3_600_000;

export function createUploadSessions({ files, endsWhenBroken, now = Date.now }: UploadSessionsOptions): UploadSessions {
  const sessions = new Map<string, UploadSession>();

  async function cancel(session: UploadSession): Promise<void> {
    sessions.delete(session.id);
    await rm(session.file, { force: true });
  }

  /** Ends the sessions that have long been unused. */
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
        // What a full disk could not take makes room for what comes next.
        if (endsWhenBroken || isDiskFull(error)) await cancel(session);
        throw error;
      } finally {
        session.busy = false;
        session.usedAt = now();
      }
      if (!sessions.has(session.id)) throw unknownUpload();
    },
    async commit(session, digest) {
      // What another request still writes would be in the blob after its digest was checked.
      if (session.busy) throw isWrittenTo();
      // Cancelled while its last bytes came: its file is gone, and must not come into being again, empty.
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

/** True when there was no room for what was to be written. */
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

/** Makes the session's file the blob, if it is the blob. */
async function commitFile(session: UploadSession, digest: Digest, files: ContentFiles): Promise<void> {
  // An upload of no bytes has written no file yet.
  if (session.offset === 0) await (await open(session.file, "a")).close();
  const isSha256 = algorithmOf(digest) === "sha256";
  const hex = isSha256 ? session.sha256.digest("hex") : await files.uploads.hash(session.file, digest);
  if (hex !== hexOf(digest)) {
    await rm(session.file, { force: true });
    throw new ErrorResponse(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  await files.uploads.commit(session.file, digest);
}
