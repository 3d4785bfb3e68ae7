import { Option } from "@commander-js/extra-typings";
import type { CommandRunner } from "../command-runner.ts";
import { collect, createRegistryCommand, integerFrom } from "../create-command.ts";

/** A command that copies images: `copy` and `sync`. */
export function createCopyingCommand(name: string, summary: string) {
  return createRegistryCommand(name, summary)
    .option("--platform <platform>", "copy only this platform of a multi-platform image: os/arch or os/arch/variant")
    .addOption(
      new Option("--sparse <what>", "what to do when the source lacks some platforms of an image")
        .choices(["fail", "keep"])
        .default("fail" as const),
    )
    .addOption(
      new Option("--foreign-layers <what>", "what to do with non-distributable layers that the source holds")
        .choices(["leave", "copy"] as const)
        .default("leave" as const),
    )
    .option("--no-referrers", "do not copy signatures, SBOMs and attestations")
    .option("--dry-run", "print what would be written; write nothing", false)
    .option("--jobs <n>", "maximum number of blobs sent at a time", integerFrom(1, 128), 64)
    .option("--parallel <n>", "maximum number of images copied at a time", integerFrom(1, 64), 32);
}

export function copyCommand(runner: CommandRunner) {
  return createCopyingCommand("copy", "copy images between two registries")
    .argument("<source>", "registry/repository:tag or registry/repository@sha256:...; can be several")
    .argument("<target...>", "registry/repository[:tag]; several sources are copied below it, each under its last name")
    .usage("[options] SOURCE... TARGET")
    .option("--all-tags", "copy every tag of the repository that SOURCE names", false)
    .option("--tags <glob>", "copy the tags that match (repeatable)", collect, [])
    .action((source, rest, given) =>
      runner.run(given, async (terminal, signal) => {
        const [{ copy }, { parseCopySpecs, parseCopyOptions }] = await Promise.all([
          import("../../copy/copy.ts"),
          import("../../copy/copy-options.ts"),
        ]);
        return copy(await parseCopySpecs([source, ...rest], given), parseCopyOptions(given), terminal, signal);
      }),
    );
}
