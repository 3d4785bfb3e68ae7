import { NEVER } from "../../async/abort.ts";
import type { Change, RecordStore } from "./record-store.ts";

/** A store that never waits: callers may omit the signal. */
export interface MemoryRecordStore<Record> extends RecordStore<Record> {
  read(key: string, signal?: AbortSignal): Promise<Record | undefined>;
  update<Answer>(
    key: string,
    change: (record: Record | undefined) => Change<Record, Answer>,
    signal?: AbortSignal,
  ): Promise<Answer>;
}

/**
 * Records in the memory of one process: for copies without a state table, and for tests. @param under records that were not changed here are
 * read from it; it is never changed.
 */
export function createMemoryRecordStore<Record>(under?: Pick<RecordStore<Record>, "read">): MemoryRecordStore<Record> {
  const records = new Map<string, Record>();
  return {
    async read(key, signal) {
      signal?.throwIfAborted();
      const own = records.get(key);
      return own === undefined && under !== undefined ? await under.read(key, signal ?? NEVER) : own;
    },
    async update(key, change, signal) {
      signal?.throwIfAborted();
      const below = under === undefined || records.has(key) ? undefined : await under.read(key, signal ?? NEVER);
      const { next, answer } = change(records.get(key) ?? below);
      signal?.throwIfAborted();
      if (next !== undefined) records.set(key, next);
      return Promise.resolve(answer);
    },
  };
}
