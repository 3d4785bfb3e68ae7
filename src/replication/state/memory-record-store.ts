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

/** Records in the memory of one process: for copies without a state table, and for tests. */
export function createMemoryRecordStore<Record>(): MemoryRecordStore<Record> {
  const records = new Map<string, Record>();
  return {
    async read(key, signal) {
      signal?.throwIfAborted();
      return Promise.resolve(records.get(key));
    },
    async update(key, change, signal) {
      signal?.throwIfAborted();
      const { next, answer } = change(records.get(key));
      signal?.throwIfAborted();
      if (next !== undefined) records.set(key, next);
      return Promise.resolve(answer);
    },
  };
}
