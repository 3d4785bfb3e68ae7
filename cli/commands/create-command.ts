import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import type { OptionValues } from "@commander-js/extra-typings";

/** A command with the options of every command. */
export function createCommand(name: string, summary: string) {
  return new Command(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .addOption(new Option("--json", "print results and errors as JSON, one value a line").default(false))
    .addOption(new Option("--quiet", "print only results and errors").default(false).conflicts("verbose"))
    .addOption(new Option("--verbose", "also print requests and the causes of errors").default(false));
}

/** A command that talks to registries. */
export function createRegistryCommand(name: string, summary: string) {
  return createCommand(name, summary)
    .option(
      "--allow-host <host>",
      "host that registries may redirect to (repeatable; * matches within one label)",
      collect,
      [],
    )
    .option("--plain-http", "use plain HTTP, except for registries known to have HTTPS", false)
    .option("--ca-file <file>", "additional certificates to trust (PEM)")
    .option("--registries <file>", "registry settings (YAML), instead of ~/.config/freightliner/registries.yaml");
}

/** A command about a deployed stack. */
export function createStackCommand(name: string, summary: string) {
  return withStackOptions(createCommand(name, summary));
}

/** A command that runs through the API of a stack. */
export function createApiCommand(name: string, summary: string) {
  return createStackCommand(name, summary).option(
    "--api <url>",
    "the API of a stack at its address, instead of --stack: its output ViewerApiUrl or OperatorApiUrl",
  );
}

/** Adds the options that name a stack. */
export function withStackOptions<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
) {
  return command
    .option("--stack <name>", "name of the stack, in AWS_REGION, with the usual AWS credentials", "freightliner")
    .option("--local <url>", "the local stack of npm start, at the address that it prints");
}

/** Collects the values of a repeatable option. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** A parser of an option's value: a number within limits. */
export function numberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a number from ${least} to ${most}.`);
  };
}

/** A parser of an option's value: a whole number within limits. */
export function integerFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
}
