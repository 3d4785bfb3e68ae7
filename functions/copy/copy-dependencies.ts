import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { Destination } from "../../src/contract/configuration/configuration-document.ts";
import type { Delivery } from "../../src/contract/stack/delivery.ts";
import type { Priority } from "../../src/contract/stack/queues.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import type { ReplicateContext } from "../../src/replication/copy/copy-context.ts";
import type { CircuitBreaker } from "../../src/replication/destination/circuit-breaker.ts";
import type { DeadLetterReason } from "../../src/replication/outcome/dead-letter-reason.ts";
import type { GatePorts } from "../../src/replication/gate/open-gate.ts";
import type { Receipts } from "../../src/replication/outcome/receipt.ts";
import type { ImageRecord } from "../../src/replication/pending/image-record.ts";
import type { RepositoryPauses } from "../../src/replication/holds/paused-repositories.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";
import type { Announcement } from "../../src/replication/pending/announcement.ts";
import type { PendingPushes } from "../../src/replication/pending/pending-push.ts";
import type { Tracer } from "../../src/replication/spans/span.ts";
import type { FactSource } from "../../src/replication/rules/source-facts.ts";
import type { PreCopyBudgets } from "../../src/replication/pre-copy/pre-copy-budget.ts";
import type { SendToLongLane } from "./long-lane-handover.ts";

export interface CopyDependencies {
  readonly configuration: Configuration;
  readonly copies: Copies;
  readonly queue: CopyQueues;
  readonly runtime: Runtime;
  readonly observer: Observer;
  /** Absent where no traces are collected. */
  readonly tracer?: Tracer | undefined;
}

/** Source and target of a copy, and the delivery that requests it. */
export interface Route {
  readonly destination: Destination;
  readonly from: RepositoryName;
  readonly to: RepositoryName;
  readonly delivery: Delivery;
}

/** What a copy runs with. */
export interface Copies {
  /** Opens source and target of a route. */
  readonly open: (route: Route) => ReplicateContext;
  /** The repositories that operators have paused. */
  readonly pauses: RepositoryPauses;
  /** The circuit of a destination, by its name. */
  readonly circuit: (destination: string) => CircuitBreaker;
  readonly receipts: Receipts;
  /** The pushes that are accepted and have not ended. */
  readonly pending: Pick<PendingPushes, "ofTag" | "note" | "end">;
  /** Where the records of an image are, by its name at the source. */
  readonly images: RecordStore<ImageRecord>;
  /** The source of the facts that rules use. */
  readonly factSource: FactSource;
  readonly preCopyBudgets: PreCopyBudgets;
  /** What gates of rules ask, besides the source. */
  readonly gatePorts: GatePorts;
}

/** The queues that deliveries come from, and what can be done with a message. */
export interface CopyQueues {
  /** Priority of the queue that a delivery came from; undefined for a queue of another stack. */
  readonly priority: (delivery: Delivery) => Priority | undefined;
  /** True when the queue that a delivery came from is for a destination. The message itself cannot decide that. */
  readonly serves: (delivery: Delivery, destination: string) => boolean;
  /** Hides the message for a while. */
  readonly defer: (delivery: Delivery, afterMs: number, signal: AbortSignal) => Promise<void>;
  /** Sends the message and the reason to the dead-letter queue. */
  readonly sendToDeadLetters: (delivery: Delivery, reason: DeadLetterReason, signal: AbortSignal) => Promise<void>;
  /** Queues an announcement of a push. */
  readonly announce: (announcement: Announcement, signal: AbortSignal) => Promise<void>;
  /** Absent in the long lane, and in a stack without one. */
  readonly sendToLongLane?: SendToLongLane | undefined;
}

/** Time, and what it costs. */
export interface Runtime {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A signal that is aborted after `ms`. */
  readonly timeout: (ms: number) => AbortSignal;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The price of time depends on it: a function's memory, or a build. */
  readonly memoryMegabytes: number | "build";
}
