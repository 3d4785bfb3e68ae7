import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand } from "../create-command.ts";

/** What both commands name. */
function createHoldCommand(name: "pause" | "resume", summary: string) {
  return createApiCommand(name, summary)
    .argument("[destination]", "its name in the configuration")
    .option("--repository <name>", "a repository of the source instead");
}

export function pauseCommand(runner: CommandRunner) {
  return createHoldCommand("pause", "pause the copies to a destination, or of a repository").action(
    (destination, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/pause.ts")).pause({ ...given, destination }, terminal, signal),
      ),
  );
}

export function resumeCommand(runner: CommandRunner) {
  return createHoldCommand("resume", "end a pause").action((destination, given) =>
    runner.run(given, async (terminal, signal) =>
      (await import("../../stack/pause.ts")).resume({ ...given, destination }, terminal, signal),
    ),
  );
}

export function cancelCommand(runner: CommandRunner) {
  return createApiCommand("cancel", "cancel the copy of a tag")
    .argument("<tag>", "its key, as status lists it")
    .action((tag, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/cancel.ts")).cancel(tag, given, terminal, signal),
      ),
    );
}
