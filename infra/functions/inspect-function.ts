import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { readableGlobs } from "../../src/contract/configuration/readable-repositories.ts";
import { readsScans } from "../../src/contract/rules/compile-rules.ts";
import type { InspectEnvironment } from "../../src/contract/stack/environment.ts";
import { INSPECT_RATE_MINUTES, INSPECT_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { allowInspecting } from "../access/inspect-access.ts";
import { allowKeyForRoles } from "../access/kms-access.ts";
import { roleOf } from "../access/role-of.ts";
import { allowSecrets } from "../access/secret-access.ts";
import { configuredVariables } from "./configuration-layer.ts";
import { allowPull } from "./copy-function.ts";
import type { FunctionParts } from "./functions.ts";
import { createNodeFunction } from "./node-function.ts";
import { everyMinutes } from "./schedules.ts";
import type { Schedules } from "./schedules.ts";

export interface InspectFunctionProps extends Omit<FunctionParts, "text"> {
  readonly schedules: Schedules;
}

/** The function that plans and verifies for jobs: it reads both ends, and is invoked again every minute while something is not over. */
export function createInspectFunction(scope: Construct, props: InspectFunctionProps): LambdaFunction {
  const { configuration, layer, external, queues, table, schedules, settings } = props;
  const inspect = createNodeFunction(scope, "Inspect", {
    name: "inspect",
    environment: {
      ...configuredVariables(configuration, settings.deployment),
      FREIGHTLINER_APPCONFIG: external.profile,
      FREIGHTLINER_TABLE: table.tableName,
    } satisfies InspectEnvironment,
    memoryMegabytes: 1_024,
    timeoutSeconds: INSPECT_TIMEOUT_SECONDS,
    // The next scheduled call continues where this one stopped.
    asynchronous: { retries: 0, maxAgeSeconds: INSPECT_RATE_MINUTES * 60 },
    settings,
  });
  inspect.addLayers(layer);
  const role = roleOf(inspect);
  external.allowReading(role);
  const access = {
    source: configuration.source,
    repositories: readableGlobs(configuration),
    readsScans: readsScans(configuration.rules),
  };
  allowPull(role, access);
  allowInspecting(role, { access, table, queues });
  allowSecrets([role], configuration);
  if (settings.encryptionKey !== undefined) allowKeyForRoles([role], settings.encryptionKey);
  schedules.add({
    name: "inspect",
    description: "Continues plans and verifications of jobs",
    expression: everyMinutes(INSPECT_RATE_MINUTES),
    target: inspect,
    retries: 0,
  });
  return inspect;
}
