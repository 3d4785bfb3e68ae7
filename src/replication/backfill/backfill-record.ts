import * as z from "zod";
import type { Change } from "../state/record-store.ts";

const LeftOutImages = z.object({ images: z.int().nonnegative(), bytes: z.number().nonnegative() });
export type LeftOutImages = z.infer<typeof LeftOutImages>;

/** The backfill of one destination. Times are epoch milliseconds. */
export const BackfillRecord = z.object({
  /** What was pushed from then on is no backfill. */
  since: z.number(),
  /** Bytes of the images that were requested, as estimated. */
  bytes: z.number().nonnegative(),
  /** What the policy left out, in the comparison that began at `cycle` and in the one before it. */
  leftOut: z
    .object({ cycle: z.number(), why: z.string(), now: LeftOutImages, before: LeftOutImages.optional() })
    .optional(),
});
export type BackfillRecord = z.infer<typeof BackfillRecord>;

/** The deployment, and a lost push right after it, may have been so long before the first comparison, in milliseconds. */
const MARGIN_MS: number = 3_600_000;

/** Notes the first comparison of a destination. Answers with the time from which on pushes are no backfill. */
export function beginBackfill(record: BackfillRecord | undefined, now: number): Change<BackfillRecord, number> {
  if (record !== undefined) return { answer: record.since };
  const since = now - MARGIN_MS;
  return { next: { since, bytes: 0 }, answer: since };
}

/** Takes images from a limit of bytes, in their order. Answers which of them fit. */
export function takeImages(
  record: BackfillRecord | undefined,
  { sizes, limit, now }: { readonly sizes: readonly number[]; readonly limit: number; readonly now: number },
): Change<BackfillRecord, readonly boolean[]> {
  const known = record ?? { since: now - MARGIN_MS, bytes: 0 };
  let { bytes } = known;
  const fits = sizes.map((size) => {
    if (bytes + size > limit) return false;
    bytes += size;
    return true;
  });
  return fits.includes(true) ? { next: { ...known, bytes }, answer: fits } : { answer: fits };
}

/** Adds what a part of a comparison left out. @param cycle when the comparison began. */
export function addLeftOut(
  record: BackfillRecord | undefined,
  { cycle, why, images, bytes }: LeftOutImages & { readonly cycle: number; readonly why: string },
): Change<BackfillRecord, void> {
  if (record === undefined) return { answer: undefined };
  const { leftOut: known = { cycle, why, now: NONE } } = record;
  const isSame = known.cycle === cycle;
  if (images === 0 && (isSame || record.leftOut === undefined)) return { answer: undefined };
  // A policy that was changed begins anew.
  const { now: last, before } = known.why === why ? known : { now: NONE };
  const now = isSame ? { images: last.images + images, bytes: last.bytes + bytes } : { images, bytes };
  return { next: { ...record, leftOut: { cycle, why, now, before: isSame ? before : last } }, answer: undefined };
}

const NONE: LeftOutImages = { images: 0, bytes: 0 };

/** What a whole comparison left out, as far as it is known: the one before is complete. Undefined for nothing. */
export function leftOutOf({ leftOut }: BackfillRecord): (LeftOutImages & { readonly why: string }) | undefined {
  if (leftOut === undefined) return undefined;
  const { why, now, before = now } = leftOut;
  const most = before.images > now.images ? before : now;
  return most.images === 0 ? undefined : { ...most, why };
}
