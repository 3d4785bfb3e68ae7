import type { CommandRunner } from "../command-runner.ts";
import { createRegistryCommand } from "../create-command.ts";

export function inspectCommand(runner: CommandRunner) {
  return createRegistryCommand("inspect", "show an image as a tree: platforms, layers, sizes, referrers")
    .argument("<image>", "registry/repository:tag or registry/repository@sha256:...")
    .option("--no-referrers", "do not look up referrers")
    .action((image, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../inspect/inspect.ts")).inspect(image, given, terminal, signal),
      ),
    );
}
