import { ECRClient } from "@aws-sdk/client-ecr";
import { SQSClient } from "@aws-sdk/client-sqs";
import { clientLimits } from "../../aws/client/client-limits.ts";
import type { Configuration } from "../../contract/configuration/configuration.ts";
import type { GoogleEndpoints } from "../../contract/stack/environment.ts";
import type { Observer } from "../../contract/telemetry/observer.ts";
import type { Connections } from "../../registry/http/connections.ts";
import type { SharedRate } from "../../registry/resilience/shared-limits.ts";
import { openRegistries } from "../open-registries.ts";
import type { UserLogin } from "../open-registries.ts";
import type { CloudAccess } from "../operations/open-operations.ts";
import { sidesThrough } from "./sides-through.ts";

export interface OpenSides {
  readonly configuration: Configuration;
  /** How to reach a service of AWS, by its name in `AWS_ENDPOINT_URL_<NAME>`. */
  readonly aws: (service: string) => CloudAccess;
  /** Set only where a local server emulates Google's services. */
  readonly google: GoogleEndpoints | undefined;
  /** The caller closes them. */
  readonly connections: Connections;
  /** The user's own login at a registry. Without one, the way of the functions is tried, with the user's role. */
  readonly userLogin: UserLogin;
  /** Spaces the requests to a destination. */
  readonly rateOf: (requestsPerSecond: number) => SharedRate;
  readonly onBusy?: (() => void) | undefined;
  readonly observer: Observer;
}

/** Both sides for a person, who may also write. */
export type OpenedSides = ReturnType<typeof openSides>;

/** Opens the source and the destinations of a configuration for a person: without the rates of the state table, which functions share. */
export function openSides(options: OpenSides) {
  const { configuration, aws, google, connections, userLogin, rateOf, onBusy, observer } = options;
  const { source, destinations } = configuration;
  const sqs = new SQSClient({ ...clientLimits(), region: source.region, ...aws("SQS") });
  const ecr = new ECRClient({ ...clientLimits(), region: source.region, ...aws("ECR") });
  const opened = openRegistries({ sqs, google, onBusy, connections, userLogin, aws })(configuration);
  const rates = new Map(destinations.map(({ name, requestsPerSecond }) => [name, rateOf(requestsPerSecond)]));
  const registries = { ...opened, destination: (name: string) => opened.destination(name, rates.get(name)) };
  const catalog = { aws: aws("ECR") };
  return {
    ...sidesThrough({ configuration, registries, ecr, catalog, apiUrl: google?.artifactRegistry, observer }),
    [Symbol.dispose]() {
      sqs.destroy();
      ecr.destroy();
    },
  };
}
