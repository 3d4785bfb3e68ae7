import type { CommandRunner } from "../command-runner.ts";
import { createRegistryCommand, withStackOptions } from "../create-command.ts";

export function undeleteCommand(runner: CommandRunner) {
  const summary = "keep a tag that is to be deleted at a destination, or restore one that was";
  return withStackOptions(createRegistryCommand("undelete", summary))
    .argument("<image>", "registry/repository:tag at the destination")
    .option("--destination <name>", "where several destinations have the same repository")
    .action((image, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/undelete.ts")).undelete(image, given, terminal, signal),
      ),
    );
}
