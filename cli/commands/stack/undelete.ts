import type { CommandRunner } from "../command-runner.ts";
import { createApiCommand } from "../create-command.ts";

export function undeleteCommand(runner: CommandRunner) {
  return createApiCommand("undelete", "keep a tag that is to be deleted at a destination, or restore one that was")
    .argument("<image>", "registry/repository:tag at the destination, or as deletes lists it")
    .option("--destination <name>", "where several destinations have the same repository")
    .action((image, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../stack/undelete.ts")).undelete(image, given, terminal, signal),
      ),
    );
}
