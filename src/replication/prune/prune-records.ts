import { whyUnused } from "./unused-record.ts";
import type { InUse, StoredRecord, Unused } from "./unused-record.ts";

/** The records that may be without a use. @throws {StoreError} */
export interface PrunableRecords {
  list(signal: AbortSignal): AsyncIterable<StoredRecord>;
  /** False when the record has changed since it was listed: it is in use, and stays. */
  remove(record: Omit<StoredRecord, "record">, signal: AbortSignal): Promise<boolean>;
}

export interface Pruned {
  readonly count: number;
  /** By reason, with some of their names. */
  readonly groups: readonly { readonly why: Unused; readonly count: number; readonly samples: readonly string[] }[];
}

const SAMPLES = 3;

/** Removes the records without a use; with `dryRun`, only says which they are. */
export async function pruneRecords(
  records: PrunableRecords,
  inUse: InUse,
  { dryRun }: { readonly dryRun: boolean },
  signal: AbortSignal,
): Promise<Pruned> {
  const groups = new Map<Unused, { why: Unused; count: number; samples: string[] }>();
  for await (const each of records.list(signal)) {
    const why = whyUnused(each, inUse);
    if (why === undefined) continue;
    if (!dryRun && !(await records.remove(each, signal))) continue;
    const group = groups.get(why) ?? { why, count: 0, samples: [] };
    group.count++;
    if (group.samples.length < SAMPLES) group.samples.push(`${each.kind}#${each.key}`);
    groups.set(why, group);
  }
  const all = [...groups.values()].toSorted((a, b) => b.count - a.count);
  return { count: all.reduce((sum, { count }) => sum + count, 0), groups: all };
}

/** What was pruned, for the history of a job. */
export function describePruned({ count, groups }: Pruned, dryRun: boolean): string {
  if (count === 0) return "every record is in use";
  const of = groups.map((group) => {
    const more = group.count > group.samples.length ? ", ..." : "";
    return `${group.count} ${group.why} (${group.samples.join(", ")}${more})`;
  });
  return `${dryRun ? "would remove" : "removed"} ${count} ${count === 1 ? "record" : "records"}: ${of.join("; ")}`;
}
