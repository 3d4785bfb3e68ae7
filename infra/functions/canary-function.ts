import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Function as LambdaFunction, LayerVersion } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { CanaryEnvironment } from "../../src/contract/stack/environment.ts";
import { CANARY_RATE_MINUTES, CANARY_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { allowCanary } from "../access/canary-access.ts";
import { allowKeyForRoles } from "../access/kms-access.ts";
import { roleOf } from "../access/role-of.ts";
import { allowSecrets } from "../access/secret-access.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import type { ExternalConfiguration } from "./external-configuration.ts";
import { createNodeFunction } from "./node-function.ts";
import { everyMinutes } from "./schedules.ts";
import type { Schedules } from "./schedules.ts";

export interface CanaryFunctionProps {
  readonly configuration: Configuration;
  /** The layer that contains it. */
  readonly layer: LayerVersion;
  readonly external: ExternalConfiguration;
  readonly table: TableV2;
  readonly settings: DeployedSettings;
  readonly environment: CanaryEnvironment;
  readonly schedules: Schedules;
}

/** Pushes canaries to the source and looks where they arrive, once a minute. @returns undefined unless the configuration asks for it. */
export function createCanaryFunction(scope: Construct, props: CanaryFunctionProps): LambdaFunction | undefined {
  const { configuration, environment, layer, external, table, schedules, settings } = props;
  if (configuration.stack.canary === undefined) return undefined;
  const canary = createNodeFunction(scope, "Canary", {
    name: "canary",
    environment,
    memoryMegabytes: 256,
    timeoutSeconds: CANARY_TIMEOUT_SECONDS,
    // The next scheduled call comes soon: a retried or late one would only overlap with it.
    asynchronous: { retries: 0, maxAgeSeconds: 60 },
    settings,
  });
  canary.addLayers(layer);
  const role = roleOf(canary);
  external.allowReading(role);
  allowCanary(role, table, configuration);
  allowSecrets([role], configuration);
  if (settings.encryptionKey !== undefined) allowKeyForRoles([role], settings.encryptionKey);
  schedules.add({
    name: "canary",
    description: "Pushes canaries and looks where they arrive",
    expression: everyMinutes(CANARY_RATE_MINUTES),
    target: canary,
    retries: 0,
  });
  return canary;
}
