import { ECRClient } from "@aws-sdk/client-ecr";
import { SQSClient } from "@aws-sdk/client-sqs";
import { createLruCache } from "../../async/lru.ts";
import { createEcrScans } from "../../aws/ecr/ecr-scan.ts";
import { clientLimits } from "../../aws/client/client-limits.ts";
import type { Configuration } from "../../contract/configuration/configuration.ts";
import type { GoogleEndpoints } from "../../contract/stack/environment.ts";
import type { Observer } from "../../contract/telemetry/observer.ts";
import type { ImageSource } from "../../oci/image-source.ts";
import { parseRepositoryName } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { createRepositoryClient } from "../../registry/client/repository-client.ts";
import { createdWhenMissing } from "../../registry/created-repository.ts";
import type { Connections } from "../../registry/http/connections.ts";
import { readerThrough } from "../../registry/registry-reader.ts";
import { createRegistrySource } from "../../registry/registry-source.ts";
import { targetThrough } from "../../registry/registry-target.ts";
import type { SharedRate } from "../../registry/resilience/shared-limits.ts";
import type { TargetSide } from "../../inspection/plan/plan-context.ts";
import type { FactSource } from "../../replication/rules/source-facts.ts";
import { createSourceCatalog } from "../listings/source-catalog.ts";
import { createTargetInventory } from "../listings/target-inventory.ts";
import { openOverrides } from "../open-overrides.ts";
import { openRegistries } from "../open-registries.ts";
import type { UserLogin } from "../open-registries.ts";
import type { Registries } from "../registries.ts";
import type { CloudAccess } from "../operations/open-operations.ts";

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

/** The most repositories that stay open on each side. */
const OPEN_REPOSITORIES = 100;

/** Opens the source and the destinations of a configuration for a person: without the rates of the state table, which functions share. */
export function openSides(options: OpenSides) {
  const { configuration, aws, google, connections, userLogin, rateOf, onBusy, observer } = options;
  const { source, destinations } = configuration;
  const sqs = new SQSClient({ ...clientLimits(), region: source.region, ...aws("SQS") });
  const ecr = new ECRClient({ ...clientLimits(), region: source.region, ...aws("ECR") });
  const opened = openRegistries({ sqs, google, onBusy, connections, userLogin, aws })(configuration);
  const rates = new Map(destinations.map(({ name, requestsPerSecond }) => [name, rateOf(requestsPerSecond)]));
  const registries = { ...opened, destination: (name: string) => opened.destination(name, rates.get(name)) };
  const apiUrl = google?.artifactRegistry;
  const catalog = createSourceCatalog(configuration, registries, apiUrl, { aws: aws("ECR") });
  const sourceOf = createLruCache(OPEN_REPOSITORIES, (name: string): ImageSource =>
    createRegistrySource(registries.source(parseRepositoryName(name))),
  );
  const targets = new Map(destinations.map(({ name }) => [name, targetsOf(name, options, registries)]));
  const factSource: FactSource = {
    ...catalog,
    overrides: openOverrides(source, ecr, observer),
    manifest: (repository, reference, signal) => sourceOf(repository).readManifest(reference, signal),
  };
  return {
    catalog,
    factSource,
    readScan: createEcrScans(ecr, source.account),
    ...createTargetInventory(destinations, registries, apiUrl),
    source: (repository: RepositoryName): ImageSource => sourceOf(repository),
    target(destination: string, repository: RepositoryName): TargetSide {
      const open = targets.get(destination);
      if (open === undefined) throw new Error(`destination ${destination} is not in the configuration`);
      return open(repository);
    },
    [Symbol.dispose]() {
      sqs.destroy();
      ecr.destroy();
    },
  };
}

function targetsOf(
  destination: string,
  { configuration }: OpenSides,
  registries: Registries,
): (repository: string) => TargetSide {
  const listing = configuration.destinations.find(({ name }) => name === destination)?.access.listing;
  const endpointOf = registries.destination(destination);
  const create = registries.creator(destination);
  return createLruCache(OPEN_REPOSITORIES, (repository: string): TargetSide => {
    const name = parseRepositoryName(repository);
    const client = createRepositoryClient(endpointOf(name));
    const target = targetThrough(client);
    return {
      target: create === undefined ? target : createdWhenMissing(target, (signal) => create(name, signal)),
      reader: readerThrough(client, listing !== "distribution"),
    };
  });
}
