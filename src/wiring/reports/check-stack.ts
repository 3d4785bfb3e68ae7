import { comparisonHeartbeatHours } from "../../contract/stack/limits.ts";
import type { Operations } from "../operations/open-operations.ts";
import type { StackStatus } from "../operations/stack-status.ts";
import type { Check } from "./check.ts";

/** AWS refuses a request whose time differs by more than five minutes (AWS Signature Version 4); a minute is already wrong. */
const CLOCK_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Checks what the stack's records and queues say. */
export function checkStack(
  { destinations, comparisons, deadLetters, at }: StackStatus,
  { parts, awsTime }: Pick<Operations, "parts" | "awsTime">,
): Check[] {
  const differenceMs = awsTime() - Date.now();
  const late = comparisonHeartbeatHours(parts.reconcile.everyMinutes) * HOUR_MS;
  return [
    {
      about: "this machine: has the time of AWS",
      problem:
        Math.abs(differenceMs) > CLOCK_MS
          ? `its clock differs by ${Math.round(Math.abs(differenceMs) / 1_000)} s; synchronise it (NTP)`
          : undefined,
    },
    ...destinations.flatMap(({ name, circuit, intake }) => [
      {
        about: `${name}: its circuit is closed`,
        problem:
          circuit.state === "closed"
            ? undefined
            : `it is ${circuit.state}: the destination failed; the failures are in the log of the copy function`,
      },
      {
        about: `${name}: its queues are read`,
        problem:
          intake.state === "full"
            ? undefined
            : intake.state === "held"
              ? `${intake.by} has paused them; "freightliner resume ${name}" ends that`
              : `they are ${intake.state} until the destination accepts writes again`,
      },
    ]),
    ...comparisons.slice(0, 1).map(({ name, finishedAt }) => ({
      about: `comparison ${name}: ends in time`,
      problem: lateness(finishedAt, at, late),
    })),
    {
      about: "dead letters: there are none",
      problem: deadLetters === 0 ? undefined : `there are ${deadLetters}; run "freightliner redrive" to see why`,
    },
  ];
}

function lateness(finishedAt: number | undefined, now: number, mostMs: number): string | undefined {
  if (finishedAt === undefined) return "none has ended yet; if this is a new stack, run this again in a few minutes";
  if (now - finishedAt <= mostMs) return undefined;
  return `the last one ended ${Math.floor((now - finishedAt) / HOUR_MS)} h ago; see "No comparison" in docs/operate/runbook.md`;
}
