import type { Configuration } from "../../contract/configuration/configuration.ts";
import type { ImageSource } from "../../oci/image-source.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { BackfillRecord } from "../../replication/backfill/backfill-record.ts";
import type { TargetReader } from "../../replication/conflict/target-reader.ts";
import type { DeletionPorts } from "../../replication/deletes/delete-tag.ts";
import type { DeletionRecord } from "../../replication/deletes/deletion-record.ts";
import type { GatePorts } from "../../replication/gate/open-gate.ts";
import type { SourceCatalog } from "../../replication/reconcile/source-catalog.ts";
import type { TargetInventory } from "../../replication/reconcile/target-inventory.ts";
import type { SourceFacts } from "../../replication/rules/source-facts.ts";
import type { RecordStore } from "../../replication/state/record-store.ts";
import type { TagRecord } from "../../replication/state/tag-record.ts";

/** One repository of a destination. */
export interface TargetSide {
  readonly target: ImageTarget;
  readonly reader: TargetReader;
  /** What it has, read as an image. */
  readonly content: ImageSource;
}

/** Both sides of a configuration, read only. */
export interface Sides extends TargetInventory, Pick<DeletionPorts, "resolveTag"> {
  readonly catalog: SourceCatalog & Pick<DeletionPorts, "sourceTag">;
  readonly source: (repository: RepositoryName) => ImageSource;
  readonly target: (destination: string, repository: RepositoryName) => TargetSide;
}

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
