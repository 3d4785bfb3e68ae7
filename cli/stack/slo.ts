import { MonthReport } from "../../src/api/schemas/month-report.ts";
import type { Month } from "../../src/replication/pending/month.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { read } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { formatDuration } from "../terminal/format.ts";
import { createTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Runs `freightliner slo`: recounts a month from the receipts. */
export async function slo(
  given: RawApiOptions & { readonly month?: Month | undefined },
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const report = await read(api, { path: "/api/slo", query: { month: given.month?.name } }, MonthReport);
  if (json) out.json(report);
  else out.lines(describeMonth(report));
  return ExitCode.ok;
}

function describeMonth({ month, goal: { percent, withinMs }, destinations }: MonthReport): string[] {
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
  for (const { destination, counted, inTime, late, failed, pendingLate, pending, skipped, ...rates } of destinations) {
    const waiting = pendingLate === 0 ? String(pending) : `${pending}, ${pendingLate} late`;
    const numbers = [counted, inTime, late, failed].map(String);
    const share = `${Math.floor(rates.percent * 1_000) / 1_000}`;
    const budget = `${Math.round(rates.budgetUsed * 100)} %`;
    table.row([destination, ...numbers, waiting, String(skipped), share, budget, describeLag(rates)]);
  }
  const goal = `${percent} % of accepted pushes within ${withinMs / 60_000} minutes`;
  return [`${month} (UTC), recounted from the receipts; the goal: ${goal}`, "", ...table.lines()];
}

function describeLag({ lagSeconds }: Pick<MonthReport["destinations"][number], "lagSeconds">): string {
  if (lagSeconds === undefined) return "-";
  const { p50, p95, p99 } = lagSeconds;
  return [p50, p95, p99].map((seconds) => formatDuration(seconds * 1_000)).join(", ");
}
