import { chainOf } from "../../src/replication/outcome/receipt.ts";
import type { Receipt } from "../../src/replication/outcome/receipt.ts";
import type { Envelope } from "../../src/replication/proof/envelope.ts";
import type { SealedReader } from "../../src/replication/proof/export-receipts.ts";
import type { ReceiptPlace, SealStore, StoredHead } from "../../src/replication/proof/seal-store.ts";

interface Kept {
  readonly receipt: Receipt;
  isUnsealed: boolean;
}

/**
 * Receipts and chains in memory, as DynamoDB keeps them: each call is atomic, and the list of unsealed receipts may be older than the rest.
 * @param step runs before each call and after it: it may fail, as a crash does, or let others go first.
 */
export function createMemorySealStore(step: (what: keyof SealStore) => Promise<void> = () => Promise.resolve()) {
  const receipts = new Map<string, Kept>();
  const heads = new Map<string, StoredHead[]>();
  const envelopes = new Map<string, readonly Envelope[]>();
  const tips = new Map<string, Envelope>();
  const keyOf = ({ pk, sk }: ReceiptPlace): string => `${pk} ${sk}`;
  const done = async <T>(what: keyof SealStore, work: () => T): Promise<T> => {
    await step(what);
    const result = work();
    await step(what);
    return result;
  };

  function list(): Map<string, ReceiptPlace[]> {
    const found = new Map<string, ReceiptPlace[]>();
    for (const [key, { receipt, isUnsealed }] of receipts) {
      const [pk = "", sk = ""] = key.split(" ");
      if (isUnsealed) found.set(chainOf(receipt), [...(found.get(chainOf(receipt)) ?? []), { pk, sk }]);
    }
    return found;
  }

  const store: SealStore = {
    async *unsealed() {
      yield await done("unsealed", list);
    },
    readUnsealed: (place) =>
      done("readUnsealed", () => {
        const found = receipts.get(keyOf(place));
        return found?.isUnsealed === true ? found.receipt : undefined;
      }),
    lastHead: (chain) => done("lastHead", () => heads.get(chain)?.at(-1)),
    putEnvelopes: (name, kept) =>
      done("putEnvelopes", () => void envelopes.set(`${name.chain} ${name.number} ${name.envelopes}`, kept)),
    putHead: (chain, head) =>
      done("putHead", () => {
        const known = heads.get(chain) ?? [];
        if (known.some(({ number }) => number === head.number)) return "taken";
        heads.set(chain, [...known, head]);
        return "written";
      }),
    removeMark: (place) =>
      done("removeMark", () => {
        const found = receipts.get(keyOf(place));
        if (found !== undefined) found.isUnsealed = false;
      }),
    putTip: (chain, envelope) => done("putTip", () => void tips.set(chain, envelope)),
  };

  const reader: SealedReader = {
    tip: (chain) => Promise.resolve(tips.get(chain)),
    async *heads(chain, after) {
      yield* (heads.get(chain) ?? []).filter(({ number }) => number > after);
    },
    envelopes: (name) => Promise.resolve(envelopes.get(`${name.chain} ${name.number} ${name.envelopes}`)),
  };

  return {
    store,
    reader,
    write: (receipt: Receipt): void =>
      void receipts.set(`TAG#${receipt.id} RECEIPT#${receipt.id}`, { receipt, isUnsealed: true }),
    /** What a retention does. */
    endReceipts: (): void => envelopes.clear(),
    unsealed: (): number => [...receipts.values()].filter(({ isUnsealed }) => isUnsealed).length,
    list,
  };
}
