import type { NotifyPolicy } from "../../src/contract/stack/environment.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { shouldNotify, notificationOf } from "../../src/replication/state/notification-record.ts";
import type { NotificationRecord } from "../../src/replication/state/notification-record.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";
import { describeAlarm, readAlarm } from "./alarm.ts";
import type { Alarm } from "./alarm.ts";

export interface NotifyDependencies {
  readonly policy: NotifyPolicy;
  readonly notifications: RecordStore<NotificationRecord>;
  /** Sends a message to the webhook. @throws when it is not accepted. */
  readonly send: (text: string, alarm: Alarm) => Promise<void>;
  readonly now: () => number;
  readonly observer: Observer;
}

/** `duplicate`: the same alarm was sent recently. `suppressed`: the policy leaves its state out. */
export type NotifyResult = "sent" | "duplicate" | "suppressed" | "not-an-alarm" | "failed";

/**
 * Sends alarms to the webhook, one after the other: a second message about the same alarm must see the record of the first.
 * Never throws. A `failed` alarm is not recorded, so a retry sends it.
 */
export function createHandler(dependencies: NotifyDependencies) {
  return async (messages: readonly string[], signal: AbortSignal): Promise<NotifyResult[]> => {
    const results: NotifyResult[] = [];
    for (const message of messages) results.push(await sendOnce(message, dependencies, signal));
    return results;
  };
}

async function sendOnce(message: string, dependencies: NotifyDependencies, signal: AbortSignal): Promise<NotifyResult> {
  const { policy, send, observer } = dependencies;
  const alarm = readAlarm(message);
  if (alarm === undefined) {
    observer.warn("Notification is not a CloudWatch alarm; it is dropped", {});
    return "not-an-alarm";
  }
  if (alarm.state === "INSUFFICIENT_DATA" || (alarm.state === "OK" && policy === "problems")) return "suppressed";
  if (await wasSent(alarm, dependencies, signal)) return "duplicate";
  try {
    await send(describeAlarm(alarm), alarm);
  } catch (error) {
    observer.error("The webhook did not accept the alarm", { alarm: alarm.name, error: describeError(error) });
    observer.count(Metric.notificationsFailed, 1);
    return "failed";
  }
  await recordSent(alarm, dependencies, signal);
  return "sent";
}

async function wasSent(
  { name, state }: Alarm,
  { notifications, now }: NotifyDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return !shouldNotify(await notifications.read(name, signal), state, now());
  } catch {
    // Without the table, a duplicate message is better than none.
    return false;
  }
}

/** Records the alarm after it was sent: recorded before, a failed alarm would be dropped when Lambda retries it. */
async function recordSent(
  { name, state }: Alarm,
  { notifications, now, observer }: NotifyDependencies,
  signal: AbortSignal,
): Promise<void> {
  try {
    await notifications.update(name, () => ({ next: notificationOf(state, now()), answer: undefined }), signal);
  } catch (error) {
    observer.warn("Alarm was sent but could not be recorded; it may be sent again", {
      alarm: name,
      error: describeError(error),
    });
  }
}
