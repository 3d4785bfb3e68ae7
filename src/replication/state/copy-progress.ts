import * as z from "zod";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";

/** One step of a copy, reported as it happens. */
export type CopyEvent =
  | { readonly kind: "planned"; readonly manifests: number; readonly blobs: readonly Descriptor[] }
  /** A send of the blob begins, from its first byte: the first one, or one after a failed one. */
  | { readonly kind: "blob-started"; readonly blob: Descriptor }
  | { readonly kind: "blob-bytes"; readonly blob: Descriptor; readonly bytes: number }
  | { readonly kind: "blob-done"; readonly blob: Descriptor; readonly how: "uploaded" | "mounted" | "present" }
  | { readonly kind: "manifest-put"; readonly digest: Digest }
  /** Bytes sent for a signature or SBOM that has its own tag; they count as traffic of the image. */
  | { readonly kind: "companion-sent"; readonly bytes: number }
  /** The target says that it lacks content which it had confirmed; the content is sent again. */
  | { readonly kind: "denied" };

/** Called synchronously and in order by the copy: must be fast and must not throw. */
export type ObserveCopy = (event: CopyEvent) => void;

/** A blob that is being sent. */
export const BlobInFlight = z.object({
  /** The first 12 hex digits of its digest: a record has little room, and people tell blobs apart by them. */
  digest: z.string(),
  /** Bytes. */
  size: z.int().nonnegative(),
  /** Bytes sent since its upload began, at most `size`. With all of them, the target still has to confirm it. */
  sent: z.int().nonnegative(),
});
export type BlobInFlight = z.infer<typeof BlobInFlight>;

/** How far a copy has come. */
export const CopyProgress = z.object({
  blobs: z.int().nonnegative(),
  blobsDone: z.int().nonnegative(),
  /** Bytes to send. Blobs that the target turns out to have, or mounts, are subtracted. */
  bytes: z.int().nonnegative(),
  /** Bytes sent. A blob that restarts from its beginning counts again. */
  bytesSent: z.int().nonnegative(),
  /** Blobs that were being sent, the largest first; only in the record of a tag. */
  inFlight: z.array(BlobInFlight).optional(),
});
export type CopyProgress = z.infer<typeof CopyProgress>;

/** Derives the progress of one copy from its events. */
export interface CopyProgressTracker {
  readonly observe: ObserveCopy;
  /** Undefined until the copy is planned. */
  read(): CopyProgress | undefined;
  /** Calls `listener` after each event. @returns a function that unsubscribes. */
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
      // A wrapper, so that the same function can subscribe twice and each subscription ends on its own.
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
    case "blob-started":
    case "manifest-put":
    case "companion-sent":
    case "denied":
      return known;
  }
}
