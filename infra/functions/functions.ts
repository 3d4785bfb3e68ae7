import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { LayerVersion } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { CopyEnvironment, FanOutEnvironment, ProbeEnvironment } from "../../src/contract/stack/environment.ts";
import { readableGlobs } from "../../src/contract/configuration/readable-repositories.ts";
import { readsScans } from "../../src/contract/rules/compile-rules.ts";
import { configuredVariables } from "./configuration-layer.ts";
import type { ExternalConfiguration } from "./external-configuration.ts";
import { roleOf } from "../access/role-of.ts";
import { createCopyFunction } from "./copy-function.ts";
import type { DescribedQueue } from "../storage/copy-queues.ts";
import { createFanOutFunction } from "./fan-out-function.ts";
import { createProbeFunction } from "./probe-function.ts";
import { createCanaryFunction } from "./canary-function.ts";
import { createSealFunction } from "./seal-function.ts";
import { createReconcileFunction } from "./reconcile-function.ts";
import { Schedules } from "./schedules.ts";
import type { DeployedSettings } from "../settings/settings.ts";

export interface FunctionParts {
  readonly configuration: Configuration;
  /** JSON text of the configuration. */
  readonly text: string;
  /** The layer that contains it. */
  readonly layer: LayerVersion;
  readonly external: ExternalConfiguration;
  readonly queues: readonly DescribedQueue[];
  readonly table: TableV2;
  readonly settings: DeployedSettings;
}

/** Creates the functions. They derive the names of queues, and look up event source mappings, at run time. */
export function createFunctions(scope: Construct, parts: FunctionParts) {
  const { configuration, layer, external, queues, table, settings } = parts;
  const { deployment, liveConcurrency: live, backfillConcurrency: backfill } = settings;
  const common = {
    ...configuredVariables(configuration, deployment),
    FREIGHTLINER_APPCONFIG: external.profile,
    FREIGHTLINER_TABLE: table.tableName,
  } satisfies FanOutEnvironment;
  const watching = {
    ...common,
    FREIGHTLINER_CONCURRENCY: JSON.stringify({ live, backfill }),
  } satisfies ProbeEnvironment;
  const access = {
    source: configuration.source,
    repositories: readableGlobs(configuration),
    readsScans: readsScans(configuration.rules),
  };
  const fanOut = createFanOutFunction(scope, common, settings);
  const { copy, mappings } = createCopyFunction(scope, {
    environment: common satisfies CopyEnvironment,
    queues,
    settings,
    ...access,
  });
  // The older copy function would take a request of the newer fan-out function for a malformed message.
  fanOut.node.addDependency(copy);
  const schedules = new Schedules(scope, "Schedules", deployment);
  const probe = createProbeFunction(scope, { environment: watching, mappings, schedules, settings, ...access });
  const reconcile = createReconcileFunction(scope, {
    environment: watching,
    mappings,
    schedules,
    named: configuration.reconcile.schedules,
    settings,
    ...access,
  });
  for (const configured of [fanOut, copy, probe, reconcile]) {
    configured.addLayers(layer);
    external.allowReading(roleOf(configured));
  }
  const sealing = settings.signReceipts
    ? createSealFunction(scope, { configuration, table, schedules, settings })
    : { seal: undefined, receiptKey: undefined };
  const canary = createCanaryFunction(scope, { ...parts, environment: common, schedules });
  return { functions: { fanOut, copy, probe, reconcile }, ...sealing, canary, schedules };
}
