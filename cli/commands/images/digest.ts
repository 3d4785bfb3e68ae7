import type { CommandRunner } from "../command-runner.ts";
import { createRegistryCommand } from "../create-command.ts";

export function digestCommand(runner: CommandRunner) {
  return createRegistryCommand("digest", "print the current digest of a tag")
    .argument("<image>", "registry/repository:tag")
    .option("--platform <platform>", "platform of a multi-platform image: os/arch or os/arch/variant")
    .action((image, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../images/digest.ts")).digest(image, given, terminal, signal),
      ),
    );
}
