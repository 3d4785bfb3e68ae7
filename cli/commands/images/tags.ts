import type { Session } from "../command-runner.ts";
import { collect, createRegistryCommand } from "../create-command.ts";

export function tagsCommand(session: Session) {
  return createRegistryCommand("tags", "list the tags of a repository")
    .argument("<repository>", "registry/repository")
    .option("--tags <glob>", "only those that match (repeatable)", collect, [])
    .action((repository, given) =>
      session.run(given, async (terminal, signal) =>
        (await import("../../images/tags.ts")).tags(repository, given, terminal, signal),
      ),
    );
}
