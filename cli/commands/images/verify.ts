import type { CommandRunner } from "../command-runner.ts";
import { collect, createRegistryCommand, integerFrom, numberFrom } from "../create-command.ts";

export function verifyCommand(runner: CommandRunner) {
  return createRegistryCommand("verify", "compare images with their copies: every tag, manifest, blob and referrer")
    .argument(
      "[source]",
      "registry/repository:tag or registry/repository@sha256:...; without a tag with --all-tags and --tags",
    )
    .argument("[target]", "registry/repository[:tag]; default: the source's tag")
    .option("--platform <platform>", "only this platform of a multi-platform image: os/arch or os/arch/variant")
    .option("--no-referrers", "do not compare referrers")
    .option("--all-tags", "compare every tag of the repository that SOURCE names", false)
    .option("--tags <glob>", "compare the tags that match (repeatable)", collect, [])
    .option("--list <file>", "compare what a list names: the file of sync")
    .option("--read-blobs", "read every blob at both ends; without it, their existence and size are compared", false)
    .option("--sample <percent>", "compare only about this share of the tags", numberFrom(0.01, 100))
    .option("--seed <text>", "which tags a sample selects (default: others in each run)")
    .option("--state <file>", "remember which tags were equal, and continue from there after an interruption")
    .option("--repair", "send what the copies lack, and compare them again", false)
    .option("--parallel <n>", "maximum number of tags compared at a time", integerFrom(1, 64), 16)
    .action((source, target, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../verify/verify.ts")).verify({ source, target }, given, terminal, signal),
      ),
    );
}
