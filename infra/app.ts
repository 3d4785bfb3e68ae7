import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { ConfigurationError } from "../src/contract/configuration/configuration.ts";
import { isStackName } from "../src/contract/stack/names.ts";
import { FreightlinerStack } from "./freightliner-stack.ts";
import { readConfigurationFile } from "./settings/read-configuration.ts";
import { SettingError } from "./settings/settings.ts";

const DEFAULT_STACK = "freightliner";

// `cdk deploy -c config=freightliner.yaml -c stack=NAME`: the stack of one configuration, in the account and region of its source.
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
try {
  const configuration = readConfigurationFile(
    contextText("config") ?? refuse("config", "is missing; say -c config=FILE. examples/ has some to begin with"),
  );
  const stack = contextText("stack") ?? DEFAULT_STACK;
  if (!isStackName(stack)) refuse("stack", "takes a letter, then letters, digits and hyphens, 128 at most");
  new FreightlinerStack(app, stack, { configuration });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError) && !(error instanceof SettingError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** A value of `-c NAME=VALUE`, or of cdk.json. */
function contextText(name: string): string | undefined {
  const value: unknown = app.node.tryGetContext(name);
  return typeof value === "string" ? value : undefined;
}

function refuse(name: string, problem: string): never {
  throw new SettingError(`${name}: ${problem}`);
}
