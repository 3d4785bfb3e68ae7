import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import type { ReadStream } from "node:fs";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { algorithmOf, hexOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";

/** Content on disk by digest. A file here is complete and verified: files arrive only by rename. */
export interface ContentFiles {
  /** Size in bytes, or undefined when the content does not exist. */
  size(digest: Digest): Promise<number | undefined>;
  /** `range` includes both ends. */
  read(digest: Digest, range?: { readonly start: number; readonly end: number }): ReadStream;
  /** Writes small content, such as a manifest. The caller has checked its digest. */
  write(bytes: Uint8Array, digest: Digest): Promise<void>;
  /** Files that are being uploaded. */
  readonly uploads: UploadFiles;
}

/** Temporary files of uploads. They are deleted when the registry starts. */
export interface UploadFiles {
  /** The path for a new temporary file; creates nothing. */
  newPath(): string;
  /** The hash of a temporary file, in hex, by the algorithm of the digest. */
  hash(path: string, digest: Digest): Promise<string>;
  /** Moves a finished temporary file to the content. The caller has checked its digest. */
  commit(path: string, digest: Digest): Promise<void>;
}

export async function openContentFiles(directory: string): Promise<ContentFiles> {
  const folders = { sha256: join(directory, "sha256"), sha512: join(directory, "sha512") };
  const temporary = join(directory, "uploads");
  // Upload sessions do not outlive the process, so their files are useless after a crash.
  await rm(temporary, { recursive: true, force: true });
  for (const folder of [...Object.values(folders), temporary]) await mkdir(folder, { recursive: true });
  const path = (digest: Digest): string => join(folders[algorithmOf(digest)], hexOf(digest));
  const newPath = (): string => join(temporary, randomUUID());
  return {
    size: (digest) =>
      stat(path(digest)).then(
        ({ size }) => size,
        () => undefined,
      ),
    read: (digest, range) => createReadStream(path(digest), range),
    async write(bytes, digest) {
      const file = newPath();
      await writeFile(file, bytes);
      await rename(file, path(digest));
    },
    uploads: { newPath, hash: hashFile, commit: (file, digest) => rename(file, path(digest)) },
  };
}

async function hashFile(path: string, digest: Digest): Promise<string> {
  const hash = createHash(algorithmOf(digest));
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
