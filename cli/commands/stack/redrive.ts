import { Option } from "@commander-js/extra-typings";
import { FAILURE_CLASSES } from "../../../src/replication/outcome/failure-class.ts";
import type { CommandRunner } from "../command-runner.ts";
import { collect, createApiCommand } from "../create-command.ts";

export function redriveCommand(runner: CommandRunner) {
  return createApiCommand("redrive", "show dead letters by failure class, and move them back to their queues")
    .addOption(
      new Option("--class <class...>", "only letters of this failure class").choices(FAILURE_CLASSES).default([]),
    )
    .option("--reason <reason>", "only letters with this failure reason (repeatable)", collect, [])
    .option("--repository <glob>", "only letters of these repositories (repeatable)", collect, [])
    .option("--go", "move the letters; without it, nothing is changed", false)
    .action((given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/redrive.ts")).redrive(given, terminal, signal),
      ),
    );
}
