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
  /** Tells a chat room, or what else is behind the webhook. */
  readonly tell: (text: string, alarm: Alarm) => Promise<void>;
  readonly now: () => number;
  readonly observer: Observer;
}

export type NotifyResult = "told" | "known" | "not wanted" | "no alarm" | "failed";

/**
 * Tells people of alarms, one after the other: a second message about the same alarm must see that the first was told. Never throws;
 * an alarm that `failed` is not noted as told, and is told when it is brought again.
 */
export function createHandler(dependencies: NotifyDependencies) {
  return async (messages: readonly string[], signal: AbortSignal): Promise<NotifyResult[]> => {
    const ends: NotifyResult[] = [];
    for (const message of messages) ends.push(await tellOnce(message, dependencies, signal));
    return ends;
  };
}

async function tellOnce(message: string, dependencies: NotifyDependencies, signal: AbortSignal): Promise<NotifyResult> {
  const { policy, tell, observer } = dependencies;
  const alarm = readAlarm(message);
  if (alarm === undefined) {
    observer.warn("Notification is no alarm of CloudWatch; it is not passed on", {});
    return "no alarm";
  }
  if (alarm.state === "INSUFFICIENT_DATA" || (alarm.state === "OK" && policy === "problems")) return "not wanted";
  if (await isKnown(alarm, dependencies, signal)) return "known";
  try {
    await tell(describeAlarm(alarm), alarm);
  } catch (error) {
    observer.error("Alarm was not taken by the webhook", { alarm: alarm.name, error: describeError(error) });
    observer.count(Metric.notificationsFailed, 1);
    return "failed";
  }
  await note(alarm, dependencies, signal);
  return "told";
}

async function isKnown(
  { name, state }: Alarm,
  { notifications, now }: NotifyDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return !shouldNotify(await notifications.read(name, signal), state, now());
  } catch {
    // NotifyResult twice is better than not at all.
    return false;
  }
}

/** Only after it was told: an alarm that was noted and not told would be kept back when it is brought again. */
async function note(
  { name, state }: Alarm,
  { notifications, now, observer }: NotifyDependencies,
  signal: AbortSignal,
): Promise<void> {
  try {
    await notifications.update(name, () => ({ next: notificationOf(state, now()), answer: undefined }), signal);
  } catch (error) {
    observer.warn("An alarm was told and could not be noted; it may be told again", {
      alarm: name,
      error: describeError(error),
    });
  }
}
