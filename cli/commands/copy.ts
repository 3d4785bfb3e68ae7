import { Option } from "@commander-js/extra-typings";
import type { Session } from "../session.ts";
import { createRegistryCommand, integerFrom } from "./base.ts";

export function copyCommand(session: Session) {
  return createRegistryCommand("copy", "copy one image between two registries")
    .argument("<source>", "registry/repository:tag or registry/repository@sha256:...")
    .argument("<target>", "registry/repository[:tag]; without a tag it takes the source's")
    .option("--platform <platform>", "copy only this one of a multi-platform image: os/arch or os/arch/variant")
    .option("--dry-run", "show what would be sent, write nothing", false)
    .addOption(
      new Option("--sparse <what>", "a multi-platform image some of whose platforms the source lacks")
        .choices(["fail", "keep"] as const)
        .default("fail" as const),
    )
    .option("--no-referrers", "leave signatures, SBOMs and attestations behind")
    .option("--jobs <n>", "blobs sent at once, at most", integerFrom(1, 128), 64)
    .action((source, target, given) =>
      session.run(given, async (terminal, signal) => {
        const [{ copy }, { readCopyOptions }] = await Promise.all([
          import("../copy/copy.ts"),
          import("../copy/copy-options.ts"),
        ]);
        return copy(readCopyOptions({ source, target }, given), terminal, signal);
      }),
    );
}
