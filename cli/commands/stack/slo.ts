import { InvalidArgumentError } from "@commander-js/extra-typings";
import { monthOf } from "../../../src/replication/pending/month.ts";
import type { Month } from "../../../src/replication/pending/month.ts";
import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand } from "../create-command.ts";

export function sloCommand(runner: CommandRunner) {
  return createApiCommand("slo", "recount from the receipts how many pushes of a month arrived in time")
    .option("--month <month>", "the month, in UTC, such as 2026-11; this month by default", parseMonth)
    .action((given) =>
      runner.run(given, async (terminal, signal) => (await import("../../stack/slo.ts")).slo(given, terminal, signal)),
    );
}

function parseMonth(text: string): Month {
  const month = monthOf(text);
  if (month === undefined) throw new InvalidArgumentError("It takes a month, such as 2026-11.");
  return month;
}
