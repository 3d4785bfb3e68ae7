import { Option } from "@commander-js/extra-typings";
import type { CommandRunner } from "../command-runner.ts";
import { createCommand } from "../create-command.ts";

export function googleSetupCommand(runner: CommandRunner) {
  return createCommand("google-setup", "print the Google Cloud setup as gcloud commands or Terraform")
    .requiredOption("--config <file>", "configuration of the stack, YAML or JSON")
    .option("--stack <name>", "stack whose roles Google is to trust", "freightliner")
    .addOption(new Option("--format <format>", "output format").choices(["gcloud", "terraform"]).default("gcloud"))
    .action((given) =>
      runner.run(given, async (terminal) =>
        (await import("../../google/google-setup.ts")).googleSetup(given, terminal),
      ),
    );
}
