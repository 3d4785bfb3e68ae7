import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import type { BackfillRecord } from "../../src/replication/backfill/backfill-record.ts";
import type { QueuePauseRecord } from "../../src/replication/destination/queue-pause.ts";
import type { ReconcileRecord } from "../../src/replication/cycle/cycle-record.ts";
import type { CircuitRecord } from "../../src/replication/destination/circuit.ts";
import type { RepositoryPauses } from "../../src/replication/holds/paused-repositories.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";
import type { SourceCatalog } from "../../src/replication/reconcile/source-catalog.ts";
import type { DeletionPorts } from "../../src/replication/deletes/delete-tag.ts";
import type { Receipts } from "../../src/replication/outcome/receipt.ts";
import type { Clock } from "../../src/async/clock.ts";
import type { TargetInventory } from "../../src/replication/reconcile/target-inventory.ts";
import type { ReadOverrides } from "../../src/replication/rules/repository-overrides.ts";
import type { TagRecord } from "../../src/replication/state/tag-record.ts";

/** What only deletions need. */
interface MirrorDependencies extends Pick<DeletionPorts, "deletions" | "sourceTag" | "resolveTag" | "deleteTag"> {
  readonly receipts: Receipts;
  readonly clock: Clock;
}

export interface ReconcileDependencies extends TargetInventory, MirrorDependencies {
  readonly configuration: Configuration;
  readonly catalog: SourceCatalog;
  /** Absent: the tags of repositories are not obeyed. */
  readonly overrides?: ReadOverrides | undefined;
  readonly tags: RecordStore<TagRecord>;
  readonly cycles: RecordStore<ReconcileRecord>;
  readonly backfills: RecordStore<BackfillRecord>;
  readonly circuits: RecordStore<CircuitRecord>;
  readonly queuePauses: RecordStore<QueuePauseRecord>;
  /** The repositories that operators have paused. */
  readonly pauses: RepositoryPauses;
  /** Queues low-priority requests. */
  readonly send: (requests: readonly CopyRequest[], signal: AbortSignal) => Promise<void>;
  /** Requests in the live queue of a destination. */
  readonly backlog: (destination: string, signal: AbortSignal) => Promise<number>;
  /** Resumes a destination's queues with their deployed concurrency. */
  readonly resumeQueues: (destination: string, signal: AbortSignal) => Promise<void>;
  readonly owner: string;
  readonly now: () => number;
  readonly timeout: (ms: number) => AbortSignal;
  readonly observer: Observer;
}
