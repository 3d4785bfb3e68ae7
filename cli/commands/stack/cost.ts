import type { CommandRunner } from "../command-runner.ts";
import { createCommand, numberFrom } from "../create-command.ts";

export function costCommand(runner: CommandRunner) {
  return createCommand("cost", "estimate the monthly cost")
    .option("--images <n>", "images pushed per month", numberFrom(0, 1e9), 1_000)
    .option("--megabytes <n>", "size of an image in MB (10^6 bytes)", numberFrom(0, 1e6), 500)
    .option("--overlap <n>", "share of an image that is already at the destination, 0 to 1", numberFrom(0, 1), 0.8)
    .option("--blobs <n>", "blobs per image", numberFrom(1, 1_000), 10)
    .option("--destinations <n>", "destinations per image", numberFrom(1, 100), 1)
    .action((given) =>
      runner.run(given, async (terminal) => (await import("../../cost/cost.ts")).cost(given, terminal)),
    );
}
