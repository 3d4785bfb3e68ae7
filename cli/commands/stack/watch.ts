import type { CommandRunner } from "../command-runner.ts";
import { createStackCommand, integerFrom } from "../create-command.ts";

export function watchCommand(runner: CommandRunner) {
  return createStackCommand("watch", "show what is being copied, and how far it has come, until interrupted")
    .option("--every <seconds>", "from one look to the next; each reads the whole table", integerFrom(1, 9_999), 5)
    .action((given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/watch.ts")).watch(given, terminal, signal),
      ),
    );
}
