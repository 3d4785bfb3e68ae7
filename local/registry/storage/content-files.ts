import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { ReadStream } from "node:fs";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { algorithmOf, hexOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";

/** Content on disk under its digest. What has a file here is complete and hashed: files only ever arrive by rename. */
export interface ContentFiles {
  /** Size in bytes, or undefined when it is not there. */
  size(digest: Digest): Promise<number | undefined>;
  read(digest: Digest, range?: { readonly start: number; readonly end: number }): ReadStream;
  /** Takes a finished temporary file over; the caller has checked its digest. */
  adopt(temporary: string, digest: Digest): Promise<void>;
  /** Writes small content (manifests). */
  write(bytes: Uint8Array, digest: Digest): Promise<void>;
  remove(digest: Digest): Promise<void>;
  /** A path for a new temporary file. */
  temporary(): string;
  /** The digest's own hash of a temporary file, read as a stream. */
  hash(temporary: string, digest: Digest): Promise<string>;
}

export async function openContentFiles(directory: string): Promise<ContentFiles> {
  const folders = { sha256: join(directory, "sha256"), sha512: join(directory, "sha512") };
  const uploads = join(directory, "uploads");
  // What a crash left behind was never finished, and its session is gone.
  await rm(uploads, { recursive: true, force: true });
  for (const folder of [...Object.values(folders), uploads]) await mkdir(folder, { recursive: true });
  const path = (digest: Digest): string => join(folders[algorithmOf(digest)], hexOf(digest));
  const temporary = (): string => join(uploads, randomUUID());
  return {
    temporary,
    size: (digest) =>
      stat(path(digest)).then(
        ({ size }) => size,
        () => undefined,
      ),
    read: (digest, range) => createReadStream(path(digest), range),
    adopt: (from, digest) => rename(from, path(digest)),
    async write(bytes, digest) {
      const file = temporary();
      await writeFile(file, bytes);
      await rename(file, path(digest));
    },
    remove: (digest) => rm(path(digest), { force: true }),
    async hash(file, digest) {
      const hash: Hash = createHash(algorithmOf(digest));
      await pipeline(createReadStream(file), hash);
      return hash.digest("hex");
    },
  };
}
