import type { CommandRunner } from "../command-runner.ts";
import { createRegistryCommand } from "../create-command.ts";

export function verifyCommand(runner: CommandRunner) {
  return createRegistryCommand("verify", "compare an image with its copy: every manifest, blob and referrer")
    .argument("<source>", "registry/repository:tag or registry/repository@sha256:...")
    .argument("<target>", "registry/repository[:tag]; default: the source's tag")
    .option("--platform <platform>", "only this platform of a multi-platform image: os/arch or os/arch/variant")
    .option("--no-referrers", "do not compare referrers")
    .action((source, target, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../verify/verify.ts")).verify({ source, target }, given, terminal, signal),
      ),
    );
}
