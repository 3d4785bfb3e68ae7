import type { Receipt, Receipts } from "../../../src/replication/outcome/receipt.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import type { RecordStore } from "../../../src/replication/state/record-store.ts";
import { shortDigests } from "../world/short-digests.ts";
import type { Process } from "../world/process.ts";

/** A table with versioned items: each write is conditional on the version, as in DynamoDB. */
export type Table<Record> = Map<string, { readonly version: number; readonly record: Record }>;

/** The table as one process sees it. */
export function storeOf<Record>(
  process: Process,
  table: Table<Record>,
  name: string,
  onWrite: (before: Record | undefined, after: Record) => void = () => undefined,
): RecordStore<Record> {
  const failure = (): Error => new StoreError(`${name} is unreachable`);
  const readItem = (key: string, signal: AbortSignal) =>
    process.call({
      service: "table",
      what: () => `read ${name} ${shortDigests(key)}`,
      effect: () => table.get(key),
      failure,
      signal,
      isRead: true,
      weight: 0.1,
    });
  return {
    read: async (key, signal) => (await readItem(key, signal))?.record,
    async update(key, change, signal) {
      for (;;) {
        const seen = await readItem(key, signal);
        const { next, answer } = change(seen?.record);
        if (next === undefined) return answer;
        const version = seen?.version ?? 0;
        const write = (): boolean => {
          if ((table.get(key)?.version ?? 0) !== version) return false;
          onWrite(table.get(key)?.record, next);
          table.set(key, { version: version + 1, record: next });
          return true;
        };
        const what = (): string => `write ${name} ${shortDigests(key)} ${JSON.stringify(next)}`;
        if (await process.call({ service: "table", what, effect: write, failure, signal, weight: 0.1 })) return answer;
      }
    },
  };
}

/** Receipts as one process sees them: the first receipt of a key is kept. */
export function receiptsOf(process: Process, receipts: Map<string, Receipt>): Receipts {
  return {
    write(about, receipt, signal) {
      const record = about.kind === "tag" ? about.key : about.id;
      const key = `${record} ${receipt.pushedAt} ${receipt.id}`;
      return process.call({
        service: "table",
        what: `writes the receipt of ${record}: ${receipt.outcome}`,
        effect: () => {
          if (receipts.has(key)) return "known";
          receipts.set(key, receipt);
          return "written";
        },
        failure: () => new StoreError("the receipt cannot be written"),
        signal,
        weight: 0.3,
      });
    },
  };
}
