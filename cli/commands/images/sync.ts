import type { CommandRunner } from "../command-runner.ts";
import { createCopyingCommand } from "./copy.ts";

export function syncCommand(runner: CommandRunner) {
  return createCopyingCommand("sync", "copy what a list names: images, and tags of repositories")
    .argument("[file]", "the list, YAML or JSON")
    .option("--from-regsync <file>", "print the list of a configuration of regsync, copy nothing")
    .option("--from-skopeo <file>", "print the list of a file for skopeo sync, copy nothing")
    .option("--to <place>", "where the images of skopeo's list go: registry[/path]")
    .action((file, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../sync/sync.ts")).sync(file, given, terminal, signal),
      ),
    );
}
