import type { Change, RecordStore } from "./record-store.ts";

/** A store in which nothing waits: its callers may do without a signal. */
export interface MemoryRecordStore<Record> extends RecordStore<Record> {
  update<Answer>(
    key: string,
    change: (record: Record | undefined) => Change<Record, Answer>,
    signal?: AbortSignal,
  ): Promise<Answer>;
}

/** Records of one process: what a single copy needs, and what tests compare the real stores with. */
export function createMemoryRecordStore<Record>(): MemoryRecordStore<Record> {
  const records = new Map<string, Record>();
  return {
    async update(key, change, signal) {
      signal?.throwIfAborted();
      const { next, answer } = change(records.get(key));
      signal?.throwIfAborted();
      if (next !== undefined) records.set(key, next);
      return Promise.resolve(answer);
    },
  };
}
