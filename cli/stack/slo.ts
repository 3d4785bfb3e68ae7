import { LAG_GOAL } from "../../src/contract/stack/limits.ts";
import type { GoalReport } from "../../src/replication/pending/goal-report.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import { recountGoal } from "../../src/wiring/reports/recount-goal.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { formatDuration } from "../terminal/format.ts";
import { createTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { thisMonth } from "../../src/replication/pending/month.ts";
import type { Month } from "../../src/replication/pending/month.ts";
import { parseStackOptions } from "./stack-options.ts";
import type { RawStackOptions } from "./stack-options.ts";

/** Runs `freightliner slo`: recounts a month from the receipts. */
export async function slo(
  given: RawStackOptions & { readonly month?: Month | undefined },
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  const month = given.month ?? thisMonth(new Date());
  await using operations = await openOperations(stack, access, signal);
  const reports = await recountGoal(month, operations);
  if (json) out.json({ month: month.name, goal: LAG_GOAL, destinations: reports });
  else out.lines(describeMonth(month, reports));
  return ExitCode.ok;
}

function describeMonth({ name }: Month, reports: readonly GoalReport[]): string[] {
  const { percent, withinMs } = LAG_GOAL;
  const table = createTable([
    "destination",
    "pushes",
    "in time",
    "late",
    "failed",
    "pending",
    "skipped",
    "%",
    "budget used",
    "lag p50, p95, p99",
  ]);
  for (const { destination, counted, inTime, late, failed, pendingLate, pending, skipped, ...rates } of reports) {
    const waiting = pendingLate === 0 ? String(pending) : `${pending}, ${pendingLate} late`;
    const numbers = [counted, inTime, late, failed].map(String);
    const share = `${Math.floor(rates.percent * 1_000) / 1_000}`;
    const budget = `${Math.round(rates.budgetUsed * 100)} %`;
    table.row([destination, ...numbers, waiting, String(skipped), share, budget, describeLag(rates)]);
  }
  const goal = `${percent} % of accepted pushes within ${withinMs / 60_000} minutes`;
  return [`${name} (UTC), recounted from the receipts; the goal: ${goal}`, "", ...table.lines()];
}

function describeLag({ lagSeconds }: Pick<GoalReport, "lagSeconds">): string {
  if (lagSeconds === undefined) return "-";
  const { p50, p95, p99 } = lagSeconds;
  return [p50, p95, p99].map((seconds) => formatDuration(seconds * 1_000)).join(", ");
}
