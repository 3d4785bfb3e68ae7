import * as z from "zod";

/** The fields that we read of a CloudWatch notification (CloudWatch user guide, "Notifying users on alarm changes"). */
const CloudWatchAlarm = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string().nullish(),
  NewStateValue: z.enum(["ALARM", "OK", "INSUFFICIENT_DATA"]),
  NewStateReason: z.string().default(""),
  Region: z.string().default(""),
});

/** An alarm as it is shown in a chat message. */
export interface Alarm {
  readonly name: string;
  readonly state: "ALARM" | "OK" | "INSUFFICIENT_DATA";
  /** What happened, and where to read more. */
  readonly description: string;
  readonly reason: string;
  readonly region: string;
}

/** Parses a notification; undefined when it is not an alarm. */
export function readAlarm(message: string): Alarm | undefined {
  let document: unknown;
  try {
    document = JSON.parse(message);
  } catch {
    return undefined;
  }
  const alarm = CloudWatchAlarm.safeParse(document).data;
  if (alarm === undefined) return undefined;
  const { AlarmName, AlarmDescription, NewStateValue, NewStateReason, Region } = alarm;
  return {
    name: AlarmName,
    state: NewStateValue,
    description: AlarmDescription ?? "",
    reason: NewStateReason,
    region: Region,
  };
}

const SIGNS = { ALARM: "🔴", OK: "🟢", INSUFFICIENT_DATA: "⚪" } as const satisfies Record<Alarm["state"], string>;
const LONGEST = 500;

/** Formats an alarm as a chat message. */
export function describeAlarm({ name, state, description, reason, region }: Alarm): string {
  const title = `${SIGNS[state]} ${name} is ${state === "OK" ? "well again" : state.toLowerCase().replaceAll("_", " ")} (${region})`;
  return [title, description, reason]
    .map((line) => line.slice(0, LONGEST))
    .filter(Boolean)
    .join("\n");
}
