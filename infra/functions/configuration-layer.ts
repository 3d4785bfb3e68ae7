import { Stage } from "aws-cdk-lib";
import { Architecture, Code, LayerVersion, Runtime } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { ConfiguredEnvironment } from "../../src/contract/stack/environment.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";
import { stackPartsOf } from "../../src/contract/stack/stack-parts.ts";

const FOLDER = "freightliner";
const NAME = "configuration.json";
/** Where Lambda mounts the file (AWS Lambda developer guide, "Layers"). */
const CONFIGURATION_FILE = `/opt/${FOLDER}/${NAME}`;

/** The variables of a function that reads the layer. */
export function configuredVariables(configuration: Configuration, { stack }: Deployment) {
  return {
    FREIGHTLINER_CONFIGURATION_FILE: CONFIGURATION_FILE,
    FREIGHTLINER_PARTS: JSON.stringify(stackPartsOf(configuration)),
    FREIGHTLINER_STACK: stack,
  } satisfies ConfiguredEnvironment;
}

/**
 * The deployed configuration as a layer of the functions: it may be as large as AppConfig allows, it is read without a request, and it
 * changes together with the functions that use it.
 */
export function createConfigurationLayer(scope: Construct, text: string): LayerVersion {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const content = join(Stage.of(scope)?.assetOutdir ?? "cdk.out", `configuration.${hash}`);
  mkdirSync(join(content, FOLDER), { recursive: true });
  writeFileSync(join(content, FOLDER, NAME), text);
  return new LayerVersion(scope, "Configuration", {
    description: "The configuration of the deployment",
    code: Code.fromAsset(content),
    compatibleRuntimes: [Runtime.NODEJS_24_X],
    compatibleArchitectures: [Architecture.ARM_64],
  });
}
