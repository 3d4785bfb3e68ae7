import * as z from "zod";
import { readJson } from "../../src/oci/json/bounded-json.ts";
import { alarmNotice } from "../../src/replication/notices/alarm-notice.ts";
import type { Notice } from "../../src/replication/notices/notice.ts";
import { pushNotice } from "../../src/replication/notices/push-notice.ts";
import { EventDetail } from "../../src/replication/pending/announcement.ts";

/** A message of the queue of notifications. */
export interface NotifyMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** Number of deliveries so far, this one included. */
  readonly receiveCount: number;
}

/** An event of EventBridge, as its rule sends it to the queue. */
const BusEvent = z.object({ source: z.string(), detail: EventDetail });

/**
 * The notice of a message: an event about a push, or an alarm. @param now epoch milliseconds.
 * @returns "unimportant" for what no channel is told, undefined for what is neither.
 */
export function readNotice(body: string, now: number): Notice | "unimportant" | undefined {
  const document = readJson(new TextEncoder().encode(body));
  const event = BusEvent.safeParse(document).data;
  return event === undefined ? alarmNotice(document, now) : (pushNotice(event.detail) ?? "unimportant");
}
