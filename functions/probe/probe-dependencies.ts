import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import type { CircuitRecord } from "../../src/replication/destination/circuit.ts";
import type { QueuePauseRecord, SetQueueState } from "../../src/replication/destination/queue-pause.ts";
import type { Announcement } from "../../src/replication/pending/announcement.ts";
import type { PendingPushes } from "../../src/replication/pending/pending-push.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import type { RepositoryPauses } from "../../src/replication/holds/paused-repositories.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";

export interface ProbeDependencies {
  readonly configuration: Configuration;
  readonly circuits: RecordStore<CircuitRecord>;
  readonly queuePauses: RecordStore<QueuePauseRecord>;
  /** Sends a write to a destination. @throws {RegistryError} when it is refused or fails. */
  readonly probe: (destination: string, signal: AbortSignal) => Promise<void>;
  readonly setQueueState: SetQueueState;
  /** Starts a build when requests wait for the long lane; undefined without a long lane. */
  readonly startLongLane?: ((signal: AbortSignal) => Promise<"idle" | "started" | "running" | "refused">) | undefined;
  /** The repositories that operators have paused. */
  readonly pauses: RepositoryPauses;
  readonly pending: Pick<PendingPushes, "ofDestination" | "note" | "noteAsked">;
  /** Bytes of an image at the source; undefined when they cannot be counted. */
  readonly imageBytes: (repository: string, reference: string, signal: AbortSignal) => Promise<number | undefined>;
  /** Queues an announcement of a push. */
  readonly announce: (announcement: Announcement, signal: AbortSignal) => Promise<void>;
  /** Sends requests again, at the priority of a backfill. */
  readonly resend: (requests: readonly CopyRequest[], signal: AbortSignal) => Promise<void>;
  /** Concurrent copies per destination, as deployed. */
  readonly fullConcurrency: number;
  readonly now: () => number;
  readonly timeout: (ms: number) => AbortSignal;
  readonly observer: Observer;
}
