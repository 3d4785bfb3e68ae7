import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { ConfigurationError } from "../src/contract/configuration/configuration.ts";
import { isStackName } from "../src/contract/stack/names.ts";
import { readConfiguration } from "./freightliner.ts";
import { FreightlinerStack } from "./freightliner-stack.ts";
import { readConfigurationFile } from "./settings/read-configuration.ts";
import { SettingError } from "./settings/settings.ts";

const DEFAULT_STACK = "freightliner";

// `cdk deploy -c config=freightliner.yaml -c stack=NAME` deploys the stack of one configuration to the account and region of its source. The name may
// also be in the configuration.
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
try {
  const configuration = readConfigurationFile(
    contextText("config") ??
      refuse("config", "is missing; pass -c config=FILE. examples/ has configurations to start from"),
  );
  const stack = contextText("stack") ?? readConfiguration(configuration).configuration.stack.name ?? DEFAULT_STACK;
  if (!isStackName(stack))
    refuse("stack", "must be a letter followed by letters, digits and hyphens, at most 128 characters");
  new FreightlinerStack(app, stack, { configuration, name: stack });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError) && !(error instanceof SettingError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** A context value, of `-c NAME=VALUE` or cdk.json. */
function contextText(name: string): string | undefined {
  const value: unknown = app.node.tryGetContext(name);
  return typeof value === "string" ? value : undefined;
}

function refuse(name: string, problem: string): never {
  throw new SettingError(`${name}: ${problem}`);
}
