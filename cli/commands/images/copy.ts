import { Option } from "@commander-js/extra-typings";
import type { CommandRunner } from "../command-runner.ts";
import { collect, createRegistryCommand, integerFrom } from "../create-command.ts";

/** A command that copies images, whichever they are. */
export function createCopyingCommand(name: string, summary: string) {
  return createRegistryCommand(name, summary)
    .option("--platform <platform>", "copy only this one of a multi-platform image: os/arch or os/arch/variant")
    .addOption(
      new Option("--sparse <what>", "a multi-platform image some of whose platforms the source lacks")
        .choices(["fail", "keep"])
        .default("fail" as const),
    )
    .addOption(
      new Option("--foreign-layers <what>", "layers that are not to be distributed, where the source holds them")
        .choices(["leave", "copy"] as const)
        .default("leave" as const),
    )
    .option("--no-referrers", "leave signatures, SBOMs and attestations behind")
    .option("--dry-run", "show what would be sent, write nothing", false)
    .option("--jobs <n>", "blobs sent at once, at most", integerFrom(1, 128), 64);
}

export function copyCommand(runner: CommandRunner) {
  return createCopyingCommand("copy", "copy images between two registries")
    .argument("<source>", "registry/repository:tag or registry/repository@sha256:...; several of them, if you like")
    .argument("<target...>", "registry/repository[:tag]; several sources go below it, each under its last name")
    .usage("[options] SOURCE... TARGET")
    .option("--all-tags", "copy every tag of the repository that SOURCE names", false)
    .option("--tags <glob>", "copy the tags that match (repeatable)", collect, [])
    .action((source, rest, given) =>
      runner.run(given, async (terminal, signal) => {
        const [{ copy }, { parseCopySpecs, parseCopyOptions }] = await Promise.all([
          import("../../copy/copy.ts"),
          import("../../copy/copy-options.ts"),
        ]);
        return copy(parseCopySpecs([source, ...rest], given), parseCopyOptions(given), terminal, signal);
      }),
    );
}
