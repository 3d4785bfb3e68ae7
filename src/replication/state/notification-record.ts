import * as z from "zod";

/** The last notification of one alarm; one item of the store. Times are epoch milliseconds. */
export const NotificationRecord = z.object({ state: z.string(), toldAt: z.number() });
export type NotificationRecord = z.infer<typeof NotificationRecord>;

/** A notification failed. The place of the failure has logged the cause and counted it. */
export class NotificationError extends Error {
  override readonly name = "NotificationError";
}

/** Interval in which the same state of the same alarm is notified once, in milliseconds: SNS delivers at least once, and alarms flap. */
const QUIET_MS = 900_000;

/** True when the state differs from the last notified one, or that notification is older than the quiet interval. */
export function shouldNotify(record: NotificationRecord | undefined, state: string, now: number): boolean {
  return record?.state !== state || now - record.toldAt >= QUIET_MS;
}

/** The record of a notification that was sent. */
export function notificationOf(state: string, now: number): NotificationRecord {
  return { state, toldAt: now };
}
