import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand } from "../create-command.ts";

export function pauseCommand(runner: CommandRunner) {
  return createApiCommand("pause", "pause the copies to a destination")
    .argument("<destination>", "its name in the configuration")
    .action((destination, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/pause.ts")).pause(destination, given, terminal, signal),
      ),
    );
}

export function resumeCommand(runner: CommandRunner) {
  return createApiCommand("resume", "end a pause of a destination")
    .argument("<destination>", "its name in the configuration")
    .action((destination, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/pause.ts")).resume(destination, given, terminal, signal),
      ),
    );
}
