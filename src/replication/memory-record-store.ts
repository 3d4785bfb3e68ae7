import type { RecordStore } from "./record-store.ts";

/** Records of one process: what a single copy needs, and what tests compare the real stores with. */
export function createMemoryRecordStore<Record>(): RecordStore<Record> {
  const records = new Map<string, Record>();
  return {
    async update(key, change) {
      const { next, answer } = change(records.get(key));
      if (next !== undefined) records.set(key, next);
      return Promise.resolve(answer);
    },
  };
}
