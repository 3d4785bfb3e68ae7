import type { Receipt, Receipts } from "../../src/replication/outcome/receipt.ts";

/** Receipts in a map, by record, push and request: the first receipt of a key is kept. */
export function createMemoryReceipts(kept: Map<string, Receipt>): Receipts {
  return {
    write(about, receipt) {
      const key = `${about.kind === "tag" ? about.key : about.id} ${receipt.pushedAt} ${receipt.id}`;
      if (kept.has(key)) return Promise.resolve("known");
      kept.set(key, receipt);
      return Promise.resolve("written");
    },
  };
}
