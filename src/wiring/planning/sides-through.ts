import type { ECRClient } from "@aws-sdk/client-ecr";
import { createLruCache } from "../../async/lru.ts";
import { createEcrScans } from "../../aws/ecr/ecr-scan.ts";
import type { Configuration } from "../../contract/configuration/configuration.ts";
import type { Observer } from "../../contract/telemetry/observer.ts";
import type { TargetSide } from "../../inspection/plan/plan-context.ts";
import type { ImageSource } from "../../oci/image-source.ts";
import { parseRepositoryName } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { createRepositoryClient } from "../../registry/client/repository-client.ts";
import { createdWhenMissing } from "../../registry/created-repository.ts";
import { readerThrough } from "../../registry/registry-reader.ts";
import { createRegistrySource, sourceThrough } from "../../registry/registry-source.ts";
import { targetThrough } from "../../registry/registry-target.ts";
import type { FactSource } from "../../replication/rules/source-facts.ts";
import type { CatalogOptions } from "../listings/source-catalog.ts";
import { createSourceCatalog } from "../listings/source-catalog.ts";
import { createTargetInventory } from "../listings/target-inventory.ts";
import { openOverrides } from "../open-overrides.ts";
import type { Registries } from "../registries.ts";

export interface SidesThrough {
  readonly configuration: Configuration;
  /** With the rates that the requests to destinations are to keep. */
  readonly registries: Registries;
  /** Reads tags of repositories, and results of scans. */
  readonly ecr: ECRClient;
  readonly catalog?: CatalogOptions | undefined;
  /** Origin of Artifact Registry's API, instead of Google's. */
  readonly apiUrl: string | undefined;
  readonly observer: Observer;
}

/** The most repositories that stay open on each side. */
const OPEN_REPOSITORIES = 100;

/** Both sides of a configuration, through registries that are open. */
export function sidesThrough(options: SidesThrough) {
  const { configuration, registries, ecr, apiUrl, observer } = options;
  const { source, destinations } = configuration;
  const catalog = createSourceCatalog(configuration, registries, apiUrl, options.catalog);
  const sourceOf = createLruCache(OPEN_REPOSITORIES, (name: string): ImageSource =>
    createRegistrySource(registries.source(parseRepositoryName(name))),
  );
  const targets = new Map(destinations.map(({ name }) => [name, targetsOf(name, configuration, registries)]));
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
  };
}

function targetsOf(
  destination: string,
  { destinations }: Configuration,
  registries: Registries,
): (repository: string) => TargetSide {
  const listing = destinations.find(({ name }) => name === destination)?.access.listing;
  const endpointOf = registries.destination(destination);
  const create = registries.creator(destination);
  return createLruCache(OPEN_REPOSITORIES, (repository: string): TargetSide => {
    const name = parseRepositoryName(repository);
    const client = createRepositoryClient(endpointOf(name));
    const target = targetThrough(client);
    return {
      target: create === undefined ? target : createdWhenMissing(target, (signal) => create(name, signal)),
      reader: readerThrough(client, listing !== "distribution"),
      content: sourceThrough(client),
    };
  });
}
