import { readFileSync } from "node:fs";
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { ConfigurationError, parseConfigurationText } from "../src/contract/configuration.ts";
import { FreightlinerStack } from "./freightliner-stack.ts";

const EXAMPLE = new URL("./example-configuration.json", import.meta.url);

// `cdk deploy -c config=freightliner.json` deploys a configuration of one's own; without it the example is synthesised.
const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const path: unknown = app.node.tryGetContext("config");
const file = typeof path === "string" ? path : EXAMPLE;
try {
  const text = readFileSync(file, "utf8");
  // Checked here, deployed as written: the functions read the same text.
  parseConfigurationText(text);
  new FreightlinerStack(app, "freightliner", { configuration: text });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(`${file.toString()}: ${error.message}`);
  process.exitCode = 1;
}
