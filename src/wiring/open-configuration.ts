import { readFile } from "node:fs/promises";
import { AppConfigDataClient } from "@aws-sdk/client-appconfigdata";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type * as z from "zod";
import { systemClock } from "../async/system-clock.ts";
import { createAppConfigDocument } from "../aws/appconfig/appconfig-document.ts";
import { clientLimits } from "../aws/client/client-limits.ts";
import { FUNCTION_VARIABLES } from "../contract/stack/environment.ts";
import type { ConfiguredEnvironment, FanOutEnvironment } from "../contract/stack/environment.ts";
import type { Observer } from "../contract/telemetry/observer.ts";
import { loadDeployed } from "../reload/candidate.ts";
import type { DeployedConfiguration } from "../reload/candidate.ts";
import { fixedConfiguration } from "../reload/configuration-feed.ts";
import type { ConfigurationFeed } from "../reload/configuration-feed.ts";
import { createPolledFeed } from "../reload/polled-feed.ts";
import { openLastGoodDocument } from "./last-good-document.ts";
import { environmentDocument, flagsDocument } from "../reload/single-values.ts";

type Environment = z.output<typeof FanOutEnvironment>;

/**
 * The configuration of a process: the deployed file with flags and variables, and the external document over the file, if there is one.
 * The only place that decides where a configuration comes from.
 * @param options `table` shares the last good external document with the other processes of the stack; `aws` says how to reach AppConfig,
 * instead of the variables of the process.
 * @throws {ConfigurationError} when the deployed file, a flag or a variable is not valid.
 */
export async function openConfiguration(
  environment: Environment,
  variables: NodeJS.ProcessEnv,
  observer: Observer,
  { table, aws = {} }: { readonly table?: DynamoDBDocumentClient; readonly aws?: object } = {},
): Promise<ConfigurationFeed> {
  const deployed = await readDeployed(environment, variables);
  const profile = environment.FREIGHTLINER_APPCONFIG;
  if (profile === undefined) return fixedConfiguration(deployed.configuration);
  const source = createAppConfigDocument(new AppConfigDataClient({ ...clientLimits(), ...aws }), profile);
  const lastGood = table && openLastGoodDocument(table, environment.FREIGHTLINER_TABLE);
  return createPolledFeed({ deployed, source, lastGood, clock: systemClock, observer });
}

/** The deployed file with flags and variables, without an external document. @throws {ConfigurationError} when one is not valid. */
export async function readDeployed(
  environment: z.output<typeof ConfiguredEnvironment> & Pick<Partial<Environment>, "FREIGHTLINER_FLAGS">,
  variables: NodeJS.ProcessEnv,
): Promise<DeployedConfiguration> {
  const { FREIGHTLINER_CONFIGURATION_FILE: file, FREIGHTLINER_FLAGS: flags = [] } = environment;
  const { destinations } = environment.FREIGHTLINER_PARTS;
  const document: unknown = JSON.parse(await readFile(file, "utf8"));
  return loadDeployed([
    { name: "file", document },
    { name: "flags", document: flagsDocument(flags, destinations) },
    { name: "environment", document: environmentDocument(variables, destinations, FUNCTION_VARIABLES) },
  ]);
}
