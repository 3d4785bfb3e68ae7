import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { BackfillRecord } from "../../src/replication/backfill/backfill-record.ts";
import type { DeletionRecord } from "../../src/replication/deletes/deletion-record.ts";
import type { GatePorts } from "../../src/replication/gate/open-gate.ts";
import type { SourceFacts } from "../../src/replication/rules/source-facts.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";
import type { TagRecord } from "../../src/replication/state/tag-record.ts";
import type { Sides } from "../../src/wiring/planning/open-sides.ts";

/** What a plan reads, and what it decides by. Nothing in it can write. */
export interface PlanContext {
  readonly configuration: Configuration;
  readonly sides: Sides;
  readonly facts: SourceFacts;
  readonly gatePorts: GatePorts;
  /** What the stack remembers; without a stack, nothing. Changes stay in memory. */
  readonly records: {
    readonly tags: Pick<RecordStore<TagRecord>, "read">;
    readonly deletions: Pick<RecordStore<DeletionRecord>, "read">;
    readonly backfills: RecordStore<BackfillRecord>;
  };
  /** The stack whose records they are. */
  readonly stack: string | undefined;
  /** Also what `reconcile.backfill` leaves out. */
  readonly all: boolean;
  /** Images that are read at once. */
  readonly parallel: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Why an image is not copied: by which rule, and a word for programs. */
export interface Skip {
  readonly rule: string | undefined;
  readonly reason: string;
}
