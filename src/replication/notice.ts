import * as z from "zod";
import type { Change } from "./record-store.ts";

/** What was last told of one alarm; one item of the store. Times are epoch milliseconds. */
export const NoticeRecord = z.object({ state: z.string(), toldAt: z.number() });
export type NoticeRecord = z.infer<typeof NoticeRecord>;

/** The same state of the same alarm is told once in so long: SNS delivers at least once, and alarms flap. Milliseconds. */
const QUIET_MS = 900_000;

/** True for news: another state than the last one told, or the same one after a quiet time. */
export function claimNotice(
  record: NoticeRecord | undefined,
  state: string,
  now: number,
): Change<NoticeRecord, boolean> {
  if (record?.state === state && now - record.toldAt < QUIET_MS) return { answer: false };
  return { next: { state, toldAt: now }, answer: true };
}
