import type { CommandRunner } from "../command-runner.ts";
import { createRegistryCommand } from "../create-command.ts";

export function inspectCommand(runner: CommandRunner) {
  return createRegistryCommand("inspect", "show what an image is made of: platforms, layers, sizes, what is attached")
    .argument("<image>", "registry/repository:tag or registry/repository@sha256:...")
    .option("--no-referrers", "do not look for what is attached")
    .action((image, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../inspect/inspect.ts")).inspect(image, given, terminal, signal),
      ),
    );
}
