import type * as z from "zod";
import type { FanOutEnvironment } from "../../contract/stack/environment.ts";
import { resourceName } from "../../contract/stack/names.ts";
import type { Deployment, FunctionName } from "../../contract/stack/names.ts";
import { queuesOf } from "../../contract/stack/queues.ts";
import type { Queues } from "../../contract/stack/queues.ts";
import type { StackParts } from "../../contract/stack/stack-parts.ts";

/** A deployment as a function, or the command, sees it. */
export interface OpenDeployment extends Deployment {
  readonly parts: StackParts;
  readonly queues: Queues;
  readonly functionName: (name: FunctionName) => string;
}

type DeploymentEnvironment = Pick<
  z.output<typeof FanOutEnvironment>,
  "FREIGHTLINER_STACK" | "FREIGHTLINER_PARTS" | "FREIGHTLINER_QUEUES_URL"
>;

/** Derives the names of the deployment's resources from the stack's name and what it is made of. */
export function openDeployment(environment: DeploymentEnvironment): OpenDeployment {
  const { FREIGHTLINER_STACK: stack, FREIGHTLINER_PARTS: parts, FREIGHTLINER_QUEUES_URL: baseUrl } = environment;
  const { source, destinations, longLane } = parts;
  const deployment = { stack, region: source.region };
  return {
    ...deployment,
    parts,
    queues: queuesOf({ stack, source, destinations: destinations.map((name) => ({ name })), longLane, baseUrl }),
    functionName: (name) => resourceName("function", name, deployment),
  };
}
