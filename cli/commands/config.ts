import { Argument, Command } from "@commander-js/extra-typings";
import type { CommandRunner } from "./command-runner.ts";
import { collect, createCommand } from "./create-command.ts";

/** Commands about a configuration; none of them changes anything or needs an account. */
export function configCommand(runner: CommandRunner) {
  const summary = "check a configuration, show its values, explain its rules";
  return (
    new Command("config")
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .helpCommand(false)
      // A misspelled command is refused as such, not for the arguments after it.
      .allowExcessArguments()
      .addArgument(new Argument("<command>", "what to do").choices(["validate", "show", "explain"]))
      .addCommand(validateCommand(runner))
      .addCommand(showCommand(runner))
      .addCommand(explainCommand(runner))
      // Runs for no word: commander refuses every other one than the names of the commands above.
      .action(() => undefined)
  );
}

function validateCommand(runner: CommandRunner) {
  return createCommand("validate", "check a configuration file; each problem has line and column")
    .argument("<file>", "YAML or JSON")
    .option("--over <config>", "check FILE as an external document over this deployed configuration")
    .action((file, given) =>
      runner.run(given, async (terminal) =>
        (await import("../config/validate.ts")).validate({ file, ...given }, terminal),
      ),
    );
}

/** A command about the configuration that several layers result in. */
function createLayeredCommand(name: string, summary: string) {
  return createCommand(name, summary)
    .option("--config <file>", "the deployed configuration, YAML or JSON", "freightliner.yaml")
    .option("--external <file>", "an external document over it")
    .option("--set <field=value>", "a single value over both, such as retries.preset=off (repeatable)", collect, []);
}

function showCommand(runner: CommandRunner) {
  return createLayeredCommand("show", "show every value, and the layer that it comes from").action((given) =>
    runner.run(given, async (terminal) => (await import("../config/show.ts")).show(given, terminal)),
  );
}

function explainCommand(runner: CommandRunner) {
  return createLayeredCommand("explain", "explain which rules select an image, and where it goes")
    .argument("<image>", "repository:tag or repository@digest of the source")
    .option("--pushed <time>", "when it was pushed, such as 2026-11-27T10:00:00Z")
    .option("--artifact-type <type>", "its artifact type")
    .option(
      "--repository-tag <key=value>",
      "a tag of its repository at ECR, such as freightliner:replicate=off (repeatable)",
      collect,
      [],
    )
    .action((image, given) =>
      runner.run(given, async (terminal) =>
        (await import("../config/explain.ts")).explain({ image, ...given }, terminal),
      ),
    );
}
