import * as z from "zod";

/** What was last told of one alarm; one item of the store. Times are epoch milliseconds. */
export const NoticeRecord = z.object({ state: z.string(), toldAt: z.number() });
export type NoticeRecord = z.infer<typeof NoticeRecord>;

/** An alarm could not be told; the log says why, and it is counted where that happened. */
export class NotToldError extends Error {
  override readonly name = "NotToldError";
}

/** The same state of the same alarm is told once in so long: SNS delivers at least once, and alarms flap. Milliseconds. */
const QUIET_MS = 900_000;

/** True for another state than the last one told, and for the same one after a quiet time. */
export function isNews(record: NoticeRecord | undefined, state: string, now: number): boolean {
  return record?.state !== state || now - record.toldAt >= QUIET_MS;
}

/** What is noted when people were told. */
export function noticeOf(state: string, now: number): NoticeRecord {
  return { state, toldAt: now };
}
