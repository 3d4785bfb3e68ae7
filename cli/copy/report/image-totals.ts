import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { formatReference } from "../../../src/oci/reference.ts";
import type { Repository } from "../../../src/oci/reference.ts";
import { createCopyProgress } from "../../../src/replication/state/copy-progress.ts";
import type { CopyEvent, CopyProgressTracker, ObserveCopy } from "../../../src/replication/state/copy-progress.ts";
import { formatBytes } from "../../terminal/format.ts";
import { shareOf } from "../../terminal/progress-bar.ts";

/** The progress of many images together. A blob that several of them need counts once per repository. */
export interface ImageTotals {
  /** An image for this repository begins. */
  begin(target: Repository): { readonly observe: ObserveCopy; end(): void };
  /** The share of the images that is done; a running image counts by the share of its bytes. */
  share(): number;
  /** Text such as `3/9 images, 1.0 MB of 2.0 MB, 1/3 blobs, 1.0 MB/s`. */
  describe(ms: number): string;
}

export function createImageTotals(images: number): ImageTotals {
  const running = new Set<CopyProgressTracker>();
  const blobs = createBlobTotals();
  let ended = 0;
  return {
    begin({ registry, name }) {
      const repository = formatReference({ registry, name });
      const image = createCopyProgress();
      running.add(image);
      return {
        observe(event) {
          image.observe(event);
          blobs.observe(event, repository);
        },
        end() {
          running.delete(image);
          ended++;
        },
      };
    },
    share() {
      const shares = [...running].map((image) => image.read()).filter((each) => each !== undefined);
      return (ended + shares.reduce((sum, each) => sum + shareOf(each), 0)) / images;
    },
    describe: (ms) => [`${ended}/${images} images`, ...blobs.describe(ms)].join(", "),
  };
}

function createBlobTotals() {
  const planned = new Set<string>();
  const done = new Set<string>();
  let bytes = 0;
  let bytesSent = 0;

  function plan({ digest, size }: Descriptor, repository: string): void {
    const key = `${repository} ${digest}`;
    if (planned.has(key)) return;
    planned.add(key);
    bytes += size;
  }

  return {
    observe(event: CopyEvent, repository: string): void {
      if (event.kind === "planned") for (const blob of event.blobs) plan(blob, repository);
      if (event.kind === "blob-bytes") bytesSent += event.bytes;
      if (event.kind !== "blob-done") return;
      done.add(`${repository} ${event.blob.digest}`);
      if (event.how === "mounted") bytes -= event.blob.size;
    },
    describe(ms: number): string[] {
      if (planned.size === 0) return [];
      const rate = bytesSent / Math.max(ms / 1_000, 0.001);
      return [
        `${formatBytes(bytesSent)} of ${formatBytes(bytes)}`,
        `${done.size}/${planned.size} blobs`,
        `${formatBytes(rate)}/s`,
      ];
    },
  };
}
