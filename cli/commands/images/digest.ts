import type { CommandRunner } from "../command-runner.ts";
import { createRegistryCommand } from "../create-command.ts";

export function digestCommand(runner: CommandRunner) {
  return createRegistryCommand("digest", "show the digest that a tag names now")
    .argument("<image>", "registry/repository:tag")
    .option("--platform <platform>", "of this one of a multi-platform image: os/arch or os/arch/variant")
    .action((image, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../images/digest.ts")).digest(image, given, terminal, signal),
      ),
    );
}
