import type { CommandRunner } from "../command-runner.ts";
import { createCopyingCommand } from "./copy.ts";

export function syncCommand(runner: CommandRunner) {
  return createCopyingCommand("sync", "copy the images and tags that a list names")
    .argument("[file]", "the list, YAML or JSON")
    .option("--from-regsync <file>", "convert a regsync configuration and print the list; copy nothing")
    .option("--from-skopeo <file>", "convert a skopeo sync file and print the list; copy nothing")
    .option("--to <place>", "target for the images of a skopeo sync file: registry[/path]")
    .action((file, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../sync/sync.ts")).sync(file, given, terminal, signal),
      ),
    );
}
