import * as z from "zod";

/** What was last told of one alarm; one item of the store. Times are epoch milliseconds. */
export const NotificationRecord = z.object({ state: z.string(), toldAt: z.number() });
export type NotificationRecord = z.infer<typeof NotificationRecord>;

/** An alarm could not be told; the log says why, and it is counted where that happened. */
export class NotificationError extends Error {
  override readonly name = "NotificationError";
}

/** The same state of the same alarm is told once in so long: SNS delivers at least once, and alarms flap. Milliseconds. */
const QUIET_MS = 900_000;

/** True for another state than the last one told, and for the same one after a quiet time. */
export function shouldNotify(record: NotificationRecord | undefined, state: string, now: number): boolean {
  return record?.state !== state || now - record.toldAt >= QUIET_MS;
}

/** What is noted when people were told. */
export function notificationOf(state: string, now: number): NotificationRecord {
  return { state, toldAt: now };
}
