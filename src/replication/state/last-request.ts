import type { TagRecord } from "./tag-record.ts";

/** How the last request of a tag ended. */
type Ended = Pick<TagRecord, "last">;

export function isFailed({ last }: Ended): boolean {
  return last?.outcome === "failed";
}

export function isSkipped({ last }: Ended): boolean {
  return last?.outcome === "skipped";
}

/** There was nothing to copy: the target had the image. */
export function isUnchanged({ last }: Ended): boolean {
  return last?.outcome === "unchanged" || last?.outcome === "superseded";
}
