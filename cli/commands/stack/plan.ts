import { Option } from "@commander-js/extra-typings";
import type { CommandRunner } from "../command-runner.ts";
import { collect, createCommand, integerFrom } from "../create-command.ts";

/** Options that name a configuration, and a stack whose records count. */
export function createPlacesCommand(name: string, summary: string) {
  return createCommand(name, summary)
    .option(
      "--config <file>",
      "the configuration (plan, apply: freightliner.yaml by default; with --local, that of the stack)",
    )
    .option("--external <file>", "an external document over it")
    .option("--set <field=value>", "a single value over both, such as retries.preset=off (repeatable)", collect, [])
    .option("--stack <name>", "also use the records of this stack, in AWS_REGION")
    .option("--local <url>", "also use those of the local stack of npm start, at the address that it prints")
    .option("--ca-file <file>", "additional certificates to trust (PEM)");
}

/** How bytes leave AWS, for their price. */
export function pathOption() {
  const paths = ["internet", "nat", "interconnect"] as const;
  return new Option("--path <path>", "how bytes leave AWS").choices(paths).default(paths[0]);
}

export function planCommand(runner: CommandRunner) {
  return createPlacesCommand(
    "plan",
    "compare source and destinations: what would be copied and deleted, and what that takes",
  )
    .option("--repository <glob>", "only these repositories of the source (repeatable)", collect, [])
    .option("--all", "also plan the images that reconcile.backfill leaves out", false)
    .option("--out <file>", "write the plan to a file, for freightliner apply")
    .addOption(pathOption())
    .option("--parallel <n>", "images read at a time", integerFrom(1, 64), 16)
    .action((given) =>
      runner.run(given, async (terminal, signal) => (await import("../../plan/plan.ts")).plan(given, terminal, signal)),
    );
}
