import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand, integerFrom } from "../create-command.ts";

export function uiCommand(runner: CommandRunner) {
  return createApiCommand("ui", "serve the console of a stack on this machine until interrupted")
    .option("--port <port>", "where it listens; default: a free port", integerFrom(0, 65_535), 0)
    .option("--config <file>", "the stack's configuration, to show its rules")
    .action((given) =>
      runner.run(given, async (terminal, signal) => (await import("../../ui/ui.ts")).ui(given, terminal, signal)),
    );
}
