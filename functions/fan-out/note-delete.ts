import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { noteTombstone } from "../../src/replication/deletes/note-delete.ts";
import type { PlannedTombstone } from "../../src/replication/deletes/note-delete.ts";
import type { DeletionRecord } from "../../src/replication/deletes/deletion-record.ts";
import type { DeletedImage } from "../../src/replication/planning/push-event.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";

export interface NoteDeleteDependencies {
  readonly configuration: Configuration;
  readonly deletions: RecordStore<DeletionRecord>;
  readonly observer: Observer;
}

/** Writes the tombstones of a delete. Best effort, never throws: the next comparison finds the same delete. */
export async function noteDelete(
  { repository, tag, id }: DeletedImage,
  planned: readonly PlannedTombstone[],
  { deletions, observer, configuration }: NoteDeleteDependencies,
  signal: AbortSignal,
): Promise<void> {
  for (const { destination, scope, tombstone } of planned) {
    const about = { correlationId: id, destination, repository, reference: tag, configuration: configuration.version };
    try {
      const note = (record: DeletionRecord | undefined) => noteTombstone(record, repository, tombstone);
      if (!(await deletions.update(scope, note, signal))) continue;
      observer.info("Tombstone written", { ...about, rule: tombstone.rule });
      observer.count(Metric.tombstones, 1, destination);
    } catch (error) {
      observer.warn("Tombstone could not be written; the next comparison writes it", {
        ...about,
        error: describeError(error),
      });
    }
  }
}
