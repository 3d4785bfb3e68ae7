import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { FanOutEnvironment } from "../../src/contract/stack/environment.ts";
import { FAN_OUT_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { createNodeFunction } from "./node-function.ts";
import { allowTraceHeaders, traceVariables } from "./trace-variables.ts";
import { roleOf } from "../access/role-of.ts";
import type { DeployedSettings } from "../settings/settings.ts";

/** ECR event -> one request per destination. */
export function createFanOutFunction(
  scope: Construct,
  environment: FanOutEnvironment,
  settings: DeployedSettings,
): LambdaFunction {
  const fanOut = createNodeFunction(scope, "FanOut", {
    name: "fan-out",
    environment: { ...environment, ...traceVariables(settings) },
    memoryMegabytes: 256,
    timeoutSeconds: FAN_OUT_TIMEOUT_SECONDS,
    settings,
  });
  allowTraceHeaders(roleOf(fanOut), settings);
  return fanOut;
}
