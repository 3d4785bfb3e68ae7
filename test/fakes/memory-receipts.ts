import type { Receipt, Receipts } from "../../src/replication/outcome/receipt.ts";

/** Receipts in a map, by record, push and request: the first receipt of a key is kept. */
export function createMemoryReceipts(kept: Map<string, Receipt>): Receipts {
  return {
    write(about, receipt) {
      const key = `${about.kind === "tag" ? about.key : about.id} ${receipt.pushedAt} ${receipt.id}`;
      const known = kept.get(key) ?? receipt;
      kept.set(key, known);
      return Promise.resolve(known);
    },
  };
}
