import { Option } from "@commander-js/extra-typings";
import { FAILURE_CLASSES } from "../../../src/replication/outcome/failure-class.ts";
import type { CommandRunner } from "../command-runner.ts";
import { collect, createStackCommand } from "../create-command.ts";

export function redriveCommand(runner: CommandRunner) {
  return createStackCommand("redrive", "show dead letters by class, and bring them back")
    .addOption(new Option("--class <class...>", "only letters of this class").choices(FAILURE_CLASSES).default([]))
    .option("--reason <reason>", "only letters with this reason (repeatable)", collect, [])
    .option("--repository <glob>", "only letters about these repositories (repeatable)", collect, [])
    .option("--go", "bring them back; without it, nothing is changed", false)
    .action((given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/redrive.ts")).redrive(given, terminal, signal),
      ),
    );
}
