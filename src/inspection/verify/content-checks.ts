import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { ImageSource } from "../../oci/image-source.ts";

/** What is wrong with content of one repository; undefined when nothing is. */
export interface ContentChecks {
  manifest(digest: Digest, signal: AbortSignal): Promise<string | undefined>;
  blob(blob: Descriptor, signal: AbortSignal): Promise<string | undefined>;
  /** Asks the registry again about these: they were sent. */
  forget(digests: readonly Digest[]): void;
}

export interface ContentChecksOptions {
  readonly read: Pick<ImageSource, "fetchManifest" | "openBlob">;
  readonly hasBlob: ImageSource["hasBlob"];
  /** Read every blob and compare its digest; otherwise its existence and its size. */
  readonly readBlobs: boolean;
}

/** Results that are remembered. Images of a repository share their layers, and many tags name the same image. */
const REMEMBERED = 100_000;

/** Asks about each manifest and blob once. */
export function createContentChecks({ read, hasBlob, readBlobs }: ContentChecksOptions): ContentChecks {
  const known = new Map<Digest, Promise<string | undefined>>();

  function once(digest: Digest, check: () => Promise<string | undefined>): Promise<string | undefined> {
    const found = known.get(digest);
    if (found !== undefined) return found;
    if (known.size >= REMEMBERED) known.clear();
    const checking = check();
    known.set(digest, checking);
    // A check that failed is no result: the next image asks again.
    checking.catch(() => known.delete(digest));
    return checking;
  }

  async function readBlob(blob: Descriptor, signal: AbortSignal): Promise<true> {
    await using stream = await read.openBlob(blob, signal);
    const bytes = stream[Symbol.asyncIterator]();
    while ((await bytes.next()).done !== true) signal.throwIfAborted();
    return true;
  }

  return {
    // Every fetch by digest verifies the digest.
    manifest: (digest, signal) => once(digest, () => problemOf(() => read.fetchManifest({ digest }, signal))),
    blob: (blob, signal) =>
      once(blob.digest, () =>
        problemOf(async () => {
          if (!(await hasBlob(blob, signal))) return undefined;
          return readBlobs ? readBlob(blob, signal) : true;
        }),
      ),
    forget: (digests) => digests.forEach((digest) => known.delete(digest)),
  };
}

/** The problem of content that is missing or does not match its digest. @throws every other error: it is not a difference. */
async function problemOf(look: () => Promise<unknown>): Promise<string | undefined> {
  try {
    return (await look()) === undefined ? "is missing" : undefined;
  } catch (error) {
    const isContent = error instanceof RegistryError && /^(?:DIGEST|SIZE|MANIFEST)_INVALID$/.test(error.code ?? "");
    if (!isContent) throw error;
    return error.problem;
  }
}
