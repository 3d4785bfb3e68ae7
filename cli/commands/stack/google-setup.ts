import { Option } from "@commander-js/extra-typings";
import type { CommandRunner } from "../command-runner.ts";
import { createCommand } from "../create-command.ts";

export function googleSetupCommand(runner: CommandRunner) {
  return createCommand("google-setup", "print what has to be set up at Google, as gcloud commands or Terraform")
    .requiredOption("--config <file>", "the configuration of the stack, YAML or JSON")
    .option("--stack <name>", "the stack whose roles are trusted", "freightliner")
    .addOption(new Option("--format <format>", "how it is printed").choices(["gcloud", "terraform"]).default("gcloud"))
    .action((given) =>
      runner.run(given, async (terminal) =>
        (await import("../../google/google-setup.ts")).googleSetup(given, terminal),
      ),
    );
}
