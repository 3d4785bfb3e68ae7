import { concurrently } from "../../async/run-concurrently.ts";
import { digestOf } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Receipt } from "../outcome/receipt.ts";
import { encodeStatement, signStatement } from "./envelope.ts";
import type { Envelope, Signer } from "./envelope.ts";
import type { ReceiptPlace, SealStore, StoredHead } from "./seal-store.ts";
import { tipStatement, headStatement, receiptStatement } from "./statements.ts";
import type { HeadEntry } from "./statements.ts";

export interface SealPorts {
  readonly store: SealStore;
  readonly signer: Signer;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A name that no other sealing has. */
  readonly newName: () => string;
  /** How long the receipts are kept after their sealing. */
  readonly keepMs: number;
}

/** Receipts of one head, and the bytes of their envelopes: an item of DynamoDB has at most 400 KB. */
const HEAD_RECEIPTS = 100;
const HEAD_BYTES = 180_000;
/** The account's other keys share the rate of KMS. */
const CONCURRENT_SIGNATURES = 4;
const CONCURRENT_REQUESTS = 16;
/** Another sealer wrote the head first, this often in a row: it does the work. */
const MAX_CONFLICTS = 5;

interface Unsealed {
  readonly place: ReceiptPlace;
  readonly receipt: Receipt;
}

/** Seals the receipts of one chain; the chain's last head is finished before another one is written. */
export interface Sealer {
  /** @param isTimeLeft false ends it between two heads. @returns the number of receipts that were sealed. */
  seal(chain: string, places: readonly ReceiptPlace[], isTimeLeft: () => boolean, signal: AbortSignal): Promise<number>;
}

/**
 * Orders receipts, chains them and signs a head for each batch. The conditional write of the head is the only commitment:
 *
 * - Envelopes are stored before it. A crash leaves envelopes that no head names, and the receipts are sealed anew.
 * - Marks are removed after it. A crash leaves marked receipts that are sealed; the next sealer removes these marks first, because it
 *   begins with the last head. So a receipt that has its mark after that is in no head.
 * - Of two sealers one writes the head; the other begins again with it. No lease and no clock decides anything.
 */
export function createSealer(ports: SealPorts): Sealer {
  /** The heads whose marks this sealer knows to be removed. */
  const finished = new Map<string, number>();

  async function finish(chain: string, { number, places }: StoredHead, signal: AbortSignal): Promise<void> {
    if (finished.get(chain) === number) return;
    await concurrently(places, CONCURRENT_REQUESTS, (place, working) => ports.store.removeMark(place, working), signal);
    finished.set(chain, number);
  }

  async function sealBatch(chain: string, places: readonly ReceiptPlace[], signal: AbortSignal): Promise<number> {
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const last = await ports.store.lastHead(chain, signal);
      if (last !== undefined) await finish(chain, last, signal);
      const receipts = await readReceipts(places, ports.store, signal);
      if (receipts.length === 0) return 0;
      const { head, envelopes, keptUntil } = await signHead({ chain, last, receipts }, ports, signal);
      const name = { chain, number: head.number, envelopes: head.envelopes };
      await ports.store.putEnvelopes(name, envelopes, keptUntil, signal);
      if ((await ports.store.putHead(chain, head, signal)) === "taken") continue;
      await finish(chain, head, signal);
      return receipts.length;
    }
    return 0;
  }

  return {
    async seal(chain, places, isTimeLeft, signal) {
      let sealed = 0;
      for (let from = 0; from < places.length && isTimeLeft(); from += HEAD_RECEIPTS) {
        sealed += await sealBatch(chain, places.slice(from, from + HEAD_RECEIPTS), signal);
      }
      return sealed;
    },
  };
}

/** Receipts that still have their mark, in the order in which they ended, as many as fit into a head. */
async function readReceipts(
  places: readonly ReceiptPlace[],
  store: Pick<SealStore, "readUnsealed">,
  signal: AbortSignal,
): Promise<Unsealed[]> {
  const read = async (place: ReceiptPlace, working: AbortSignal): Promise<Unsealed[]> => {
    const receipt = await store.readUnsealed(place, working);
    return receipt === undefined ? [] : [{ place, receipt }];
  };
  const found = (await concurrently(places, CONCURRENT_REQUESTS, read, signal)).flat();
  let bytes = 0;
  return found
    .toSorted((a, b) => a.receipt.endedAt - b.receipt.endedAt || compareText(a.place.pk, b.place.pk))
    .filter(({ receipt }, index) => (bytes += JSON.stringify(receipt).length) <= HEAD_BYTES || index === 0);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

interface Batch {
  readonly chain: string;
  /** The head that it follows. */
  readonly last: StoredHead | undefined;
  readonly receipts: readonly Unsealed[];
}

async function signHead(
  { chain, last, receipts }: Batch,
  { signer, now, newName, keepMs }: SealPorts,
  signal: AbortSignal,
): Promise<{ head: StoredHead; envelopes: Envelope[]; keptUntil: number }> {
  const first = (last?.lastIndex ?? 0) + 1;
  let lastDigest = last?.lastDigest;
  const entries: HeadEntry[] = [];
  const payloads = receipts.map(({ receipt }, offset) => {
    const payload = encodeStatement(
      receiptStatement({ chain, index: first + offset, ...previousOf(lastDigest), receipt }),
    );
    lastDigest = digestOf(payload);
    const { repository, digest, endedAt } = receipt;
    entries.push({
      digest: lastDigest,
      ...(repository === undefined ? {} : { repository }),
      ...(digest === undefined ? {} : { image: digest }),
      endedAt,
    });
    return payload;
  });
  const sign = (payload: Uint8Array, working: AbortSignal) => signStatement(payload, signer, working);
  const envelopes = await concurrently(payloads, CONCURRENT_SIGNATURES, sign, signal);
  const sealedAt = now();
  const keptUntil = sealedAt + keepMs;
  const number = (last?.number ?? 0) + 1;
  const placed = { chain, number, ...previousOf(last?.digest), first };
  const payload = encodeStatement(headStatement({ ...placed, receipts: entries, sealedAt, keptUntil }));
  const digest = digestOf(payload);
  const head = {
    number,
    digest,
    lastIndex: first + entries.length - 1,
    lastDigest: lastDigest ?? digest,
    envelope: await sign(payload, signal),
    envelopes: newName(),
    places: receipts.map(({ place }) => place),
  };
  return { head, envelopes, keptUntil };
}

function previousOf(digest: Digest | undefined): { readonly previous?: Digest } {
  return digest === undefined ? {} : { previous: digest };
}

/** Signs where a chain ends now. The time is taken before the chain is read, so that it says no more than it knows. */
export async function signTip(
  chain: string,
  chains: readonly string[],
  { store, signer, now }: Pick<SealPorts, "store" | "signer" | "now">,
  signal: AbortSignal,
): Promise<{ readonly heads: number; readonly receipts: number; readonly digest: string | undefined }> {
  const at = now();
  const last = await store.lastHead(chain, signal);
  const [heads, receipts] = [last?.number ?? 0, last?.lastIndex ?? 0];
  const payload = encodeStatement(tipStatement({ chain, chains: [...chains], heads, receipts, at }, last?.digest));
  await store.putTip(chain, await signStatement(payload, signer, signal), signal);
  return { heads, receipts, digest: last?.digest };
}
