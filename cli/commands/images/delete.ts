import type { CommandRunner } from "../command-runner.ts";
import { createRegistryCommand } from "../create-command.ts";

export function deleteCommand(runner: CommandRunner) {
  return createRegistryCommand("delete", "delete a tag, or an image by its digest")
    .argument("<image>", "registry/repository:tag, or registry/repository@sha256:... with all its tags")
    .option("--yes", "do not ask for confirmation", false)
    .action((image, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../images/delete-image.ts")).deleteImage(image, given, terminal, signal),
      ),
    );
}
