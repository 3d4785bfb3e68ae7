import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { ConfigurationError } from "../src/contract/configuration.ts";
import { FreightlinerStack } from "./freightliner-stack.ts";
import { readConfigurationFile } from "./read-configuration.ts";

const EXAMPLE = new URL("./example-configuration.json", import.meta.url);

// `cdk deploy -c config=freightliner.yaml` deploys a configuration of one's own; without it the example is synthesised.
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const path: unknown = app.node.tryGetContext("config");
const file = typeof path === "string" ? path : EXAMPLE;
try {
  new FreightlinerStack(app, "freightliner", { configuration: readConfigurationFile(file) });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(`${file.toString()}: ${error.message}`);
  process.exitCode = 1;
}
