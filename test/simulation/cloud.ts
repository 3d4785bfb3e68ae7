import { parseConfiguration } from "../../src/contract/configuration.ts";
import type { Observer } from "../../src/contract/observer.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { Checkpoint } from "../../src/replication/checkpoint.ts";
import type { CircuitRecord } from "../../src/replication/circuit.ts";
import type { IntakeRecord } from "../../src/replication/intake.ts";
import type { RateRecord } from "../../src/replication/rate.ts";
import type { Receipt } from "../../src/replication/receipt.ts";
import type { ReconcileRecord } from "../../src/replication/reconcile-cycle.ts";
import type { TagRecord } from "../../src/replication/tag-record.ts";
import type { Table, Uploads } from "./ports.ts";
import { createQueue } from "./queue.ts";
import type { Queue } from "./queue.ts";
import { createRepository } from "./registry.ts";
import type { Repository } from "./registry.ts";
import type { World } from "./world.ts";

export const configuration = parseConfiguration({
  version: 1,
  source: { account: "123456789012", region: "eu-west-1" },
  destinations: [{ name: "gar", kind: "generic", registry: "gar.test", prefix: "p", requestsPerSecond: 100 }],
  rules: [{ repositories: ["app"], destinations: ["gar"] }],
});

export const SILENT: Observer = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  count: () => undefined,
};

/** How the copy function is deployed. */
export interface Deployment {
  /** Copies at once. */
  readonly concurrency: number;
  /** Time an invocation has; it is killed at its end. */
  readonly limitMs: number;
  /** How long an upload takes at most. */
  readonly uploadMs: number;
}

/** Everything that outlives an invocation. */
export interface Cloud {
  readonly world: World;
  readonly deployment: Deployment;
  readonly queue: Queue;
  /** Copies at once as the event source mapping allows them now; 0 while it rests. */
  intake: number;
  readonly source: Repository;
  readonly target: Repository;
  /** The target takes manifests without what they point to. */
  readonly isLenient: boolean;
  readonly tags: Table<TagRecord>;
  readonly checkpoints: Table<Checkpoint>;
  readonly circuits: Table<CircuitRecord>;
  readonly rates: Table<RateRecord>;
  readonly intakes: Table<IntakeRecord>;
  readonly cycles: Table<ReconcileRecord>;
  /** By record, push and request. */
  readonly receipts: Map<string, Receipt>;
  readonly uploads: Uploads;
  /** Reasons of the messages in the dead-letter queue. */
  readonly dead: string[];
  onTag: (tag: string, digest: Digest) => void;
  onTargetRequest: () => void;
}

export function createCloud(world: World, deployment: Deployment, isLenient: boolean): Cloud {
  return {
    world,
    deployment,
    queue: createQueue(world),
    intake: deployment.concurrency,
    source: createRepository(),
    target: createRepository(),
    isLenient,
    tags: new Map(),
    checkpoints: new Map(),
    circuits: new Map(),
    rates: new Map(),
    intakes: new Map(),
    cycles: new Map(),
    receipts: new Map(),
    uploads: new Map(),
    dead: [],
    onTag: () => undefined,
    onTargetRequest: () => undefined,
  };
}
