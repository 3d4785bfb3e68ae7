import type { NotifyPolicy } from "../../src/contract/environment.ts";
import { Metric } from "../../src/contract/metric-names.ts";
import { describeError } from "../../src/contract/observer.ts";
import type { Observer } from "../../src/contract/observer.ts";
import { claimNotice } from "../../src/replication/notice.ts";
import type { NoticeRecord } from "../../src/replication/notice.ts";
import type { RecordStore } from "../../src/replication/record-store.ts";
import { describeAlarm, readAlarm } from "./alarm.ts";
import type { Alarm } from "./alarm.ts";

export interface NotifyDependencies {
  readonly policy: NotifyPolicy;
  readonly notices: RecordStore<NoticeRecord>;
  /** Tells a chat room, or whoever is behind the webhook. */
  readonly tell: (text: string, alarm: Alarm) => Promise<void>;
  readonly now: () => number;
  readonly observer: Observer;
}

export type Told = "told" | "known" | "not wanted" | "no alarm" | "failed";

/**
 * Tells people of alarms. Never fails: a chat room that is away must not make SNS bring the same alarm again and again, and the
 * alarm itself still stands in CloudWatch.
 */
export function createHandler(dependencies: NotifyDependencies) {
  return (messages: readonly string[]): Promise<Told[]> =>
    Promise.all(messages.map((message) => tellOnce(message, dependencies)));
}

async function tellOnce(message: string, { policy, notices, tell, now, observer }: NotifyDependencies): Promise<Told> {
  const alarm = readAlarm(message);
  if (alarm === undefined) {
    observer.warn("Notification is no alarm of CloudWatch; nobody is told", {});
    return "no alarm";
  }
  if (alarm.state === "INSUFFICIENT_DATA" || (alarm.state === "OK" && policy === "problems")) return "not wanted";
  const isNews = await notices
    .update(alarm.name, (record) => claimNotice(record, alarm.state, now()))
    // Told twice is better than not at all.
    .catch(() => true);
  if (!isNews) return "known";
  try {
    await tell(describeAlarm(alarm), alarm);
    return "told";
  } catch (error) {
    observer.error("Nobody could be told of an alarm", { alarm: alarm.name, error: describeError(error) });
    observer.count(Metric.notificationsFailed, 1);
    return "failed";
  }
}
