import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand, integerFrom } from "../create-command.ts";

export function watchCommand(runner: CommandRunner) {
  return createApiCommand("watch", "show running copies and their progress until interrupted")
    .option("--every <seconds>", "interval in seconds; each refresh reads the whole table", integerFrom(1, 9_999), 5)
    .action((given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/watch.ts")).watch(given, terminal, signal),
      ),
    );
}
