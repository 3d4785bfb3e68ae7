import type { ConfigurationDocument, Destination } from "../../../src/contract/configuration/configuration-document.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import type { Configuration } from "../../../src/contract/configuration/configuration.ts";
import type { Observer } from "../../../src/contract/telemetry/observer.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import type { HttpRequest } from "../../../src/registry/http/http-message.ts";
import type { Checkpoint } from "../../../src/replication/state/checkpoint.ts";
import type { CircuitRecord } from "../../../src/replication/destination/circuit.ts";
import type { QueuePauseRecord } from "../../../src/replication/destination/queue-pause.ts";
import type { PausedRepositories } from "../../../src/replication/holds/paused-repositories.ts";
import type { RateRecord } from "../../../src/replication/destination/rate-record.ts";
import type { DeletionRecord } from "../../../src/replication/deletes/deletion-record.ts";
import type { PreCopyBudget } from "../../../src/replication/pre-copy/pre-copy-budget.ts";
import type { ImageRecord } from "../../../src/replication/pending/image-record.ts";
import type { Announcement } from "../../../src/replication/pending/announcement.ts";
import type { PendingPush } from "../../../src/replication/pending/pending-push.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import type { BackfillRecord } from "../../../src/replication/backfill/backfill-record.ts";
import type { ReconcileRecord } from "../../../src/replication/cycle/cycle-record.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import type { ConfigurationFeed } from "../../../src/reload/configuration-feed.ts";
import { createBucketSite } from "../http/bucket-site.ts";
import { artifactRegistryProfile, ecrProfile, specificationProfile } from "../http/profiles.ts";
import { createRegistrySite } from "../http/registry-site.ts";
import type { Profile } from "../http/registry-site.ts";
import { createSecrets } from "../http/secrets.ts";
import type { Secrets } from "../http/secrets.ts";
import type { Script, Site } from "../http/site.ts";
import { createTokenSite } from "../http/token-site.ts";
import type { Table } from "./ports.ts";
import { createQueue } from "./queue.ts";
import type { Queue } from "./queue.ts";
import { createRegistry } from "./registry.ts";
import type { Registry } from "./registry.ts";
import { DESTINATIONS } from "../world/world.ts";
import type { Process } from "../world/process.ts";
import type { DestinationName, Service, World } from "../world/world.ts";

/** The budget of the pre-copies of one repository: two big layers. */
export const PRE_COPY_BYTES = 2_500_000;

const GAR = {
  name: "gar",
  kind: "artifactRegistry",
  registry: "europe-docker.pkg.dev",
  prefix: "p/r",
  requestsPerSecond: 100,
  preCopyGigabytesPerDay: PRE_COPY_BYTES / 1e9,
  federation: { audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/aws/providers/aws" },
} as const;
/** A registry that implements just the specification, with its own token server. */
function specified(name: Exclude<DestinationName, "gar">) {
  const allowedHosts = [`auth.${name}.test`];
  return {
    name,
    kind: "generic",
    registry: `${name}.test`,
    prefix: "p",
    requestsPerSecond: 100,
    preCopyGigabytesPerDay: PRE_COPY_BYTES / 1e9,
    allowedHosts,
  } as const;
}

/** Copies both repositories to each of these destinations: `gar` is Artifact Registry, the others implement just the specification. */
export function configurationOf(...names: DestinationName[]): Configuration {
  return configurationWith({}, ...names);
}

/** The same with further fields of the rule. */
export function configurationWith(
  rule: Partial<ConfigurationDocument["rules"][number]>,
  ...names: DestinationName[]
): Configuration {
  return parseConfiguration(documentWith(rule, ...names));
}

/** The document of {@link configurationWith}. */
export function documentWith(rule: Partial<ConfigurationDocument["rules"][number]>, ...names: DestinationName[]) {
  return {
    version: 1,
    source: { account: "123456789012", region: "eu-west-1" },
    destinations: names.map((name) => (name === "gar" ? GAR : specified(name))),
    rules: [{ repositories: ["app", "web"], destinations: names, ...rule }],
  };
}

export const SILENT: Observer = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  count: () => undefined,
};

/** The deployment of the copy function. */
export interface Deployment {
  /** Concurrent copies for each destination. */
  readonly concurrency: number;
  /** Timeout of an invocation, in milliseconds: then it is killed. */
  readonly limitMs: number;
  /** Maximum duration of a chunk of an upload, in milliseconds. */
  readonly uploadMs: number;
}

/** A destination with its registry and its queue. */
export interface Place {
  readonly destination: Destination;
  readonly registry: Registry;
  readonly queue: Queue;
  /** Concurrency of the event source mapping; 0 while the queue is paused. */
  concurrency: number;
}

/** The state that outlives an invocation. */
export interface Cloud {
  readonly world: World;
  readonly configuration: Configuration;
  readonly deployment: Deployment;
  readonly source: Registry;
  readonly places: ReadonlyMap<string, Place>;
  readonly script: Script;
  /** HTTP servers by host. */
  readonly sites: ReadonlyMap<string, Site>;
  /** Secrets for the source and for Artifact Registry. */
  readonly passwords: { readonly ecr: Secrets; readonly google: Secrets };
  readonly tags: Table<TagRecord>;
  readonly checkpoints: Table<Checkpoint>;
  readonly circuits: Table<CircuitRecord>;
  readonly rates: Table<RateRecord>;
  readonly queuePauses: Table<QueuePauseRecord>;
  readonly pausedRepositories: Table<PausedRepositories>;
  readonly cycles: Table<ReconcileRecord>;
  readonly deletions: Table<DeletionRecord>;
  readonly backfills: Table<BackfillRecord>;
  readonly preCopyBudgets: Table<PreCopyBudget>;
  /** The processes that execute a pre-copy now. */
  readonly preCopying: Set<Process>;
  /** Blobs that pre-copies began to send: host and repository, digest, and bytes. */
  readonly preCopied: { readonly place: string; readonly digest: string; readonly bytes: number }[];
  /** Receipts by record, push and request. */
  readonly receipts: Map<string, Receipt>;
  /** Accepted pushes that have not ended. */
  readonly pending: Map<string, PendingPush>;
  readonly images: Table<ImageRecord>;
  /** The keys of all pushes that were accepted. */
  readonly accepted: Set<string>;
  /** What the queue of announcements has received. */
  readonly announced: Announcement[];
  /** The process that sends a blob now, by blob. */
  readonly uploads: Map<string, Process>;
  /** When the copy of a tag was cancelled last, by the key of its record; epoch milliseconds. */
  readonly cancelled: Map<string, number>;
  /** Reasons of the dead letters. */
  readonly dead: string[];
  /** Ids of the events that no invocation of the fan-out function processed: Lambda has put them into the queue of undelivered events. */
  readonly undelivered: string[];
  /** Where a process gets its configuration from, if it may change: from an external document that the process polls. */
  feed: ((process: Process) => ConfigurationFeed) | undefined;
  /** Called when a copy takes the lease of a tag. */
  onClaim: (key: string) => void;
  onTag: (destination: string, repository: string, tag: string, digest: Digest) => void;
  onTagDeleted: (destination: string, repository: string, tag: string, digest: Digest) => void;
  onRequest: (service: Service, request: HttpRequest) => void;
  /** Called when a tag is put at the source over HTTP. */
  onPushed: (repository: string, tag: string, digest: Digest) => void;
}

export interface CloudOptions {
  readonly configuration: Configuration;
  readonly deployment: Deployment;
  /** Destinations accept manifests whose blobs or children are missing. */
  readonly isLenient: boolean;
  readonly script?: Script;
  /** The registries, where they are those of other clouds, too. */
  readonly registries?: { readonly source: Registry; readonly target: Registry };
}

export function createCloud(world: World, options: CloudOptions): Cloud {
  const { configuration, deployment, isLenient, script = {}, registries } = options;
  const source = registries?.source ?? createRegistry(false);
  const passwords = {
    ecr: createSecrets("password", () => world.time.now()),
    google: createSecrets("ya29", () => world.time.now()),
  };
  const tokens = createSecrets("token", () => world.time.now());
  const places = new Map(
    configuration.destinations.map((destination) => {
      const { name, kind } = destination;
      const queue = createQueue(world, name);
      const registry = registries?.target ?? createRegistry(kind === "artifactRegistry");
      return [name, { destination, registry, queue, concurrency: deployment.concurrency } satisfies Place];
    }),
  );
  const { registry: host, allowedHosts } = configuration.source.access;
  const [bucket = ""] = allowedHosts;
  const sites = new Map<string, Site>([[bucket, createBucketSite("source", source)]]);
  const cloud: Cloud = {
    world,
    configuration,
    deployment,
    source,
    places,
    script,
    sites,
    passwords,
    tags: new Map(),
    checkpoints: new Map(),
    circuits: new Map(),
    rates: new Map(),
    queuePauses: new Map(),
    pausedRepositories: new Map(),
    cycles: new Map(),
    deletions: new Map(),
    backfills: new Map(),
    preCopyBudgets: new Map(),
    preCopying: new Set(),
    preCopied: [],
    receipts: new Map(),
    pending: new Map(),
    images: new Map(),
    accepted: new Set(),
    announced: [],
    uploads: new Map(),
    cancelled: new Map(),
    dead: [],
    undelivered: [],
    feed: undefined,
    onClaim: () => undefined,
    onTag: () => undefined,
    onTagDeleted: () => undefined,
    onRequest: () => undefined,
    onPushed: () => undefined,
  };
  const profile = ecrProfile(passwords.ecr, bucket);
  const onPushed = (repository: string, tag: string, digest: Digest): void => cloud.onPushed(repository, tag, digest);
  sites.set(host, createRegistrySite({ service: "source", registry: source, profile, onTag: onPushed }));
  for (const { destination, registry } of places.values()) {
    const { registry: host, allowedHosts } = destination.access;
    const [tokenHost = ""] = allowedHosts;
    const service = DESTINATIONS.find((name) => name === destination.name) ?? "gar";
    const profile: Profile =
      service === "gar"
        ? artifactRegistryProfile(passwords.google, isLenient)
        : specificationProfile(tokens, `https://${tokenHost}/token`, isLenient);
    if (service !== "gar") sites.set(tokenHost, createTokenSite(service, tokens));
    const onTag = (repository: string, tag: string, digest: Digest): void =>
      cloud.onTag(destination.name, repository, tag, digest);
    const onTagDeleted = (repository: string, tag: string, digest: Digest): void =>
      cloud.onTagDeleted(destination.name, repository, tag, digest);
    sites.set(host, createRegistrySite({ service, registry, profile, onTag, onTagDeleted }));
  }
  return cloud;
}
