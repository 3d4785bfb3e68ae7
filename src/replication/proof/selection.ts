import * as z from "zod";
import type { HeadEntry } from "./statements.ts";

/** Which receipts an export has. A field that is absent selects all. */
export const ReceiptSelection = z.object({
  /** Epoch milliseconds of the end of the request: from, and before. */
  since: z.number().optional(),
  until: z.number().optional(),
  repository: z.string().optional(),
  /** Of the image. */
  digest: z.string().optional(),
});
export type ReceiptSelection = z.infer<typeof ReceiptSelection>;

export function isSelected(entry: HeadEntry, { since, until, repository, digest }: ReceiptSelection): boolean {
  return (
    (since === undefined || entry.endedAt >= since) &&
    (until === undefined || entry.endedAt < until) &&
    (repository === undefined || entry.repository === repository) &&
    (digest === undefined || entry.image === digest)
  );
}
