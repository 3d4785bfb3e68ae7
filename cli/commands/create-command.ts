import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";

/** A command with the options that every command has. */
export function createCommand(name: string, summary: string) {
  return new Command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .addOption(new Option("--json", "say results, and errors, as JSON: one value a line").default(false))
    .addOption(new Option("--quiet", "say nothing but results and errors").default(false).conflicts("verbose"))
    .addOption(new Option("--verbose", "also say which requests are sent, and causes of errors").default(false));
}

/** A command that talks to registries. */
export function createRegistryCommand(name: string, summary: string) {
  return createCommand(name, summary)
    .option(
      "--allow-host <host>",
      "let a registry redirect to this host (repeatable; * stands within one label)",
      collect,
      [],
    )
    .option("--plain-http", "reach registries over plain HTTP, but for those known to have HTTPS", false)
    .option("--ca-file <file>", "certificates to trust beside the usual ones (PEM)")
    .option("--registries <file>", "settings of registries (YAML), instead of ~/.config/freightliner/registries.yaml");
}

/** A command that looks into a deployed stack. */
export function createStackCommand(name: string, summary: string) {
  return createCommand(name, summary)
    .option("--stack <name>", "the stack, in AWS_REGION, with the usual AWS credentials", "freightliner")
    .option("--local <url>", "the stack of npm start, at the address it shows");
}

/** The values of an option that may be given several times. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** Reads a number within limits, for an option's value. */
export function numberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a number from ${least} to ${most}.`);
  };
}

/** Reads a whole number within limits, for an option's value. */
export function integerFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
}
