import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand } from "../create-command.ts";

export function statusCommand(runner: CommandRunner) {
  return createApiCommand("status", "show tags, lag, circuits and queues of a deployed stack")
    .argument("[image]", "repository:tag at the source: show its status at each destination")
    .option("--tag <destination/repo:tag>", "show one tag, and how its last copy requests ended")
    .action((image, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/status.ts")).status({ ...given, image }, terminal, signal),
      ),
    );
}
