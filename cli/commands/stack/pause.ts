import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand } from "../create-command.ts";

export function pauseCommand(runner: CommandRunner) {
  return createApiCommand("pause", "pause the copies to a destination, or those of a repository")
    .argument("[destination]", "its name in the configuration")
    .option("--repository <name>", "a repository of the source, instead of a destination: its copies to all of them")
    .action((destination, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/pause.ts")).pause({ ...given, destination }, terminal, signal),
      ),
    );
}

export function resumeCommand(runner: CommandRunner) {
  return createApiCommand("resume", "end a pause of a destination or repository")
    .argument("[destination]", "its name in the configuration")
    .option("--repository <name>", "a repository of the source, instead of a destination")
    .action((destination, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/pause.ts")).resume({ ...given, destination }, terminal, signal),
      ),
    );
}
