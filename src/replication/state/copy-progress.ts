import * as z from "zod";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";

/** What a copy does, as it does it. */
export type CopyEvent =
  | { readonly kind: "planned"; readonly manifests: number; readonly blobs: readonly Descriptor[] }
  | { readonly kind: "blob-bytes"; readonly blob: Descriptor; readonly bytes: number }
  | { readonly kind: "blob-done"; readonly blob: Descriptor; readonly how: "uploaded" | "mounted" | "present" }
  | { readonly kind: "manifest-put"; readonly digest: Digest }
  /** What an image's signature or SBOM under a tag of its own has sent: paid for with the image. */
  | { readonly kind: "companion-sent"; readonly bytes: number }
  /** The target denied having what was brought to it: it is sent again. */
  | { readonly kind: "denied" };

/** Called in order, from inside the copy: must be quick and must not throw. */
export type ObserveCopy = (event: CopyEvent) => void;

/** How far a copy has come. */
export const CopyProgress = z.object({
  blobs: z.int().nonnegative(),
  blobsDone: z.int().nonnegative(),
  /** Bytes that have to be sent, as far as is known: what turns out to be there already is taken off. */
  bytes: z.int().nonnegative(),
  /** Bytes sent; those of a blob that was begun anew count again. */
  bytesSent: z.int().nonnegative(),
});
export type CopyProgress = z.infer<typeof CopyProgress>;

/** One copy's progress, for whoever wants to see it. */
export interface CopyProgressTracker {
  readonly observe: ObserveCopy;
  /** Undefined before the copy knows what it has to do. */
  read(): CopyProgress | undefined;
  /** Calls `listener` after each event. @returns what ends that. */
  subscribe(listener: (progress: CopyProgress, event: CopyEvent) => void): () => void;
}

export function createCopyProgress(): CopyProgressTracker {
  const listeners = new Set<Parameters<CopyProgressTracker["subscribe"]>[0]>();
  let progress: CopyProgress | undefined;
  return {
    observe(event) {
      progress = after(progress, event);
      for (const listener of listeners) listener(progress, event);
    },
    read: () => progress,
    subscribe(listener) {
      // Each subscription is its own, also of one and the same function.
      const own: typeof listener = (known, event) => listener(known, event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}

const NOTHING: CopyProgress = { blobs: 0, blobsDone: 0, bytes: 0, bytesSent: 0 };

function after(known: CopyProgress = NOTHING, event: CopyEvent): CopyProgress {
  switch (event.kind) {
    case "planned": {
      const bytes = event.blobs.reduce((sum, { size }) => sum + size, 0);
      return { ...NOTHING, blobs: event.blobs.length, bytes };
    }
    case "blob-bytes":
      return { ...known, bytesSent: known.bytesSent + event.bytes };
    case "blob-done": {
      const unsent = event.how === "uploaded" ? 0 : event.blob.size;
      return { ...known, blobsDone: known.blobsDone + 1, bytes: Math.max(known.bytes - unsent, 0) };
    }
    case "manifest-put":
    case "companion-sent":
    case "denied":
      return known;
  }
}
