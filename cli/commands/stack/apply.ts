import type { CommandRunner } from "../command-runner.ts";
import { integerFrom } from "../create-command.ts";
import { createPlacesCommand } from "./plan.ts";

export function applyCommand(runner: CommandRunner) {
  return createPlacesCommand("apply", "carry out a plan, and refuse by name what has moved since")
    .argument("<file>", "a plan, as freightliner plan --out writes it")
    .option("--jobs <n>", "blobs sent at a time", integerFrom(1, 64), 8)
    .option("--parallel <n>", "images copied at a time", integerFrom(1, 64), 16)
    .action((file, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../apply/apply.ts")).apply({ file, ...given }, terminal, signal),
      ),
    );
}
