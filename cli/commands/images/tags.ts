import type { CommandRunner } from "../command-runner.ts";
import { collect, createRegistryCommand } from "../create-command.ts";

export function tagsCommand(runner: CommandRunner) {
  return createRegistryCommand("tags", "list the tags of a repository")
    .argument("<repository>", "registry/repository")
    .option("--tags <glob>", "only tags that match (repeatable)", collect, [])
    .action((repository, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../images/tags.ts")).tags(repository, given, terminal, signal),
      ),
    );
}
