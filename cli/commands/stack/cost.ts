import type { CommandRunner } from "../command-runner.ts";
import { numberFrom } from "../create-command.ts";
import { createPlacesCommand, pathOption } from "./plan.ts";

export function costCommand(runner: CommandRunner) {
  return createPlacesCommand("cost", "estimate the monthly cost, of numbers or of what a configuration's source has")
    .option("--images <n>", "images pushed per month", numberFrom(0, 1e9), 1_000)
    .option("--megabytes <n>", "size of an image in MB (10^6 bytes)", numberFrom(0, 1e6), 500)
    .option("--overlap <n>", "share of an image that is already at the destination, 0 to 1", numberFrom(0, 1), 0.8)
    .option("--blobs <n>", "blobs per image", numberFrom(1, 1_000), 10)
    .option("--destinations <n>", "destinations per image", numberFrom(1, 100), 1)
    .addOption(pathOption())
    .action((given) =>
      runner.run(given, async (terminal, signal) => (await import("../../cost/cost.ts")).cost(given, terminal, signal)),
    );
}
