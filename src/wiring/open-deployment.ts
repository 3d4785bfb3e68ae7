import type { Configuration } from "../contract/configuration/configuration.ts";
import { configurationInVariable } from "../contract/configuration/configuration-source.ts";
import type { FanOutEnvironment } from "../contract/stack/environment.ts";
import { resourceName } from "../contract/stack/names.ts";
import type { Deployment, FunctionName } from "../contract/stack/names.ts";
import { queuesOf } from "../contract/stack/queues.ts";
import type { Queues } from "../contract/stack/queues.ts";
import { fixedConfiguration } from "../reload/configuration-feed.ts";
import type { ConfigurationFeed } from "../reload/configuration-feed.ts";

/** A deployment as a function, or the command, sees it. */
export interface OpenDeployment extends Deployment {
  /** The configuration of the deployment. What the stack is made of never differs from it. */
  readonly configuration: Configuration;
  readonly feed: ConfigurationFeed;
  readonly queues: Queues;
  readonly functionName: (name: FunctionName) => string;
}

/**
 * Reads the configuration, and derives the names of the deployment's resources from it and from the stack's name. The only place that
 * decides where the configuration comes from.
 * @throws {ConfigurationError}
 */
export async function openDeployment(
  environment: Omit<FanOutEnvironment, "FREIGHTLINER_TABLE">,
): Promise<OpenDeployment> {
  const { FREIGHTLINER_CONFIGURATION, FREIGHTLINER_STACK: stack, FREIGHTLINER_QUEUES_URL: baseUrl } = environment;
  const configuration = await configurationInVariable(FREIGHTLINER_CONFIGURATION).read();
  const { source, destinations, longLane } = configuration;
  const deployment = { stack, region: source.region };
  return {
    ...deployment,
    configuration,
    feed: fixedConfiguration(configuration),
    queues: queuesOf({ stack, source, destinations, longLane, baseUrl }),
    functionName: (name) => resourceName("function", name, deployment),
  };
}
