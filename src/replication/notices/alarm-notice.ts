import * as z from "zod";
import { oneLine } from "./notice.ts";
import type { Notice } from "./notice.ts";

/** The fields that we read of an alarm's message to a topic (CloudWatch user guide, "Notifying users on alarm changes"). */
const CloudWatchAlarm = z.object({
  AlarmName: z.string().min(1),
  AlarmDescription: z.string().nullish(),
  NewStateValue: z.enum(["ALARM", "OK", "INSUFFICIENT_DATA"]),
  NewStateReason: z.string().default(""),
  /** `2026-11-27T22:10:00.000+0000`. */
  StateChangeTime: z.string().optional(),
  Region: z.string().default(""),
});

/** The same alarm is told once in this time, in milliseconds: alarms flap. */
const QUIET_MS = 900_000;

/**
 * The notice of an alarm's message to a topic. @param now epoch milliseconds, for a message without a time.
 * @returns "unimportant" for a state that no channel is told; undefined for a message of another kind.
 */
export function alarmNotice(message: unknown, now: number): Notice | "unimportant" | undefined {
  const alarm = CloudWatchAlarm.safeParse(message).data;
  if (alarm === undefined) return undefined;
  if (alarm.NewStateValue === "INSUFFICIENT_DATA") return "unimportant";
  const changedAt = Date.parse(alarm.StateChangeTime ?? "");
  return noticeOf(alarm, Number.isNaN(changedAt) ? now : changedAt);
}

function noticeOf(
  {
    AlarmName: name,
    NewStateValue: state,
    NewStateReason: reason,
    Region: region,
    ...rest
  }: z.infer<typeof CloudWatchAlarm>,
  at: number,
): Notice {
  const isOver = state === "OK";
  const description = rest.AlarmDescription ?? "";
  return {
    id: `${name}/${state}/${rest.StateChangeTime ?? ""}`,
    kind: isOver ? "recovered" : "alarm",
    subject: name,
    at,
    title: oneLine(`${isOver ? "🟢" : "🔴"} ${name} is ${isOver ? "well again" : "alarm"} (${region})`),
    lines: [description, reason].map(oneLine).filter(Boolean),
    group: oneLine(`${isOver ? "alarm is over" : "alarm"}: ${name}`),
    ...(isOver ? {} : { quietMs: QUIET_MS }),
    data: { name, state, description, reason, region, at: new Date(at).toISOString() },
  };
}
