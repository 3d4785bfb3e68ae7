import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand } from "../create-command.ts";

export function deletesCommand(runner: CommandRunner) {
  return createApiCommand("deletes", "list the tags that are to be deleted at the destinations").action((given) =>
    runner.run(given, async (terminal, signal) =>
      (await import("../../stack/deletes.ts")).deletes(given, terminal, signal),
    ),
  );
}
