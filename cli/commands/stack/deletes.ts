import type { CommandRunner } from "../command-runner.ts";
import { createStackCommand } from "../create-command.ts";

export function deletesCommand(runner: CommandRunner) {
  return createStackCommand("deletes", "list the tags that are to be deleted at the destinations").action((given) =>
    runner.run(given, async (terminal, signal) =>
      (await import("../../stack/deletes.ts")).deletes(given, terminal, signal),
    ),
  );
}
