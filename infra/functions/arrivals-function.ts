import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import type { FunctionUrl } from "aws-cdk-lib/aws-lambda";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { ArrivalsEnvironment } from "../../src/contract/stack/environment.ts";
import { ARRIVALS_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { storedSecret } from "../../src/contract/providers/provider.ts";
import { roleOf } from "../access/role-of.ts";
import { allowReadingSecrets } from "../access/secret-access.ts";
import { configuredVariables } from "./configuration-layer.ts";
import type { FunctionParts } from "./functions.ts";
import { createNodeFunction } from "./node-function.ts";

/** The function that receives notifications, and its address. */
export interface ArrivalsFunction {
  readonly arrivals: LambdaFunction;
  readonly url: FunctionUrl;
}

/**
 * Receives notifications of a source that is no ECR registry, at a URL that everyone can reach: the function itself checks who sends them.
 * @returns undefined when the source sends none.
 */
export function createArrivalsFunction(
  scope: Construct,
  { configuration, layer, settings }: Pick<FunctionParts, "configuration" | "layer" | "settings">,
  fanOut: LambdaFunction,
): ArrivalsFunction | undefined {
  const { arrivals } = configuration.source;
  if (arrivals === undefined) return undefined;
  const created = createNodeFunction(scope, "Arrivals", {
    name: "arrivals",
    environment: configuredVariables(configuration, settings.deployment) satisfies ArrivalsEnvironment,
    memoryMegabytes: 256,
    timeoutSeconds: ARRIVALS_TIMEOUT_SECONDS,
    settings,
  });
  created.addLayers(layer);
  created.addToRolePolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [fanOut.functionArn] }));
  if (arrivals.kind === "webhook") {
    const { secret, secretEncryptionKey } = arrivals;
    allowReadingSecrets([roleOf(created)], [storedSecret(secret, secretEncryptionKey)]);
  }
  // Senders cannot sign for IAM.
  return { arrivals: created, url: created.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }) };
}
