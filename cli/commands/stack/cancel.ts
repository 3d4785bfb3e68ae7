import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand } from "../create-command.ts";

export function cancelCommand(runner: CommandRunner) {
  return createApiCommand("cancel", "cancel the copy of a tag that runs or waits to be tried again")
    .argument("<tag>", "its key: DESTINATION/PREFIX/REPOSITORY:TAG, as status lists it")
    .action((tag, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/cancel.ts")).cancel(tag, given, terminal, signal),
      ),
    );
}
