import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { BlobInFlight, ObserveCopy } from "./copy-progress.ts";

/** Blobs that a record names: 16 of them take about 700 bytes of its item. */
const MOST_NAMED = 16;
const HEX_DIGITS = 12;

/** The blobs of one copy that are being sent. */
export interface BlobsInFlight {
  readonly observe: ObserveCopy;
  /** The largest ones, the largest first. */
  largest(): readonly BlobInFlight[];
}

/** An upload, counted in place: a copy of many gigabytes has a hundred thousand chunks. */
interface Upload {
  readonly blob: Descriptor;
  sent: number;
}

export function createBlobsInFlight(): BlobsInFlight {
  const uploads = new Map<Digest, Upload>();
  return {
    observe(event) {
      switch (event.kind) {
        case "blob-started":
          uploads.set(event.blob.digest, { blob: event.blob, sent: 0 });
          break;
        case "blob-bytes": {
          const upload = uploads.get(event.blob.digest);
          if (upload !== undefined) upload.sent += event.bytes;
          break;
        }
        case "blob-done":
          uploads.delete(event.blob.digest);
          break;
        case "planned":
          uploads.clear();
          break;
        case "manifest-put":
        case "companion-sent":
        case "denied":
          break;
      }
    },
    largest() {
      const bySize = [...uploads.values()].toSorted((one, other) => other.blob.size - one.blob.size);
      return bySize.slice(0, MOST_NAMED).map(({ blob: { digest, size }, sent }) => ({
        digest: hexOf(digest).slice(0, HEX_DIGITS),
        size,
        sent: Math.min(sent, size),
      }));
    },
  };
}

const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(":") + 1);
