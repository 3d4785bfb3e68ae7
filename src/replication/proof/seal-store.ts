import * as z from "zod";
import type { Receipt } from "../outcome/receipt.ts";
import { isDigest } from "../../oci/digest.ts";
import { Envelope } from "./envelope.ts";

/** Where a receipt is stored. */
export const ReceiptPlace = z.object({ pk: z.string(), sk: z.string() });
export type ReceiptPlace = z.infer<typeof ReceiptPlace>;

const DigestText = z.templateLiteral([z.enum(["sha256", "sha512"]), ":", z.string()]).refine(isDigest);

/** A head as stored, with what the next sealing needs of it. */
export const StoredHead = z.object({
  number: z.int(),
  digest: DigestText,
  /** The last receipt of the head: the next one follows it. */
  lastIndex: z.int(),
  lastDigest: DigestText,
  envelope: Envelope,
  /** Name of the stored envelopes of the head's receipts. */
  envelopes: z.string(),
  /** The receipts that it seals: their marks are removed after the head is written. */
  places: z.array(ReceiptPlace),
});
export type StoredHead = z.infer<typeof StoredHead>;

/** Receipts that wait to be sealed, and the chains of those that were. @throws {StoreError} in every method. */
export interface SealStore {
  /** Places of receipts with a mark, by chain, page by page. It may lag: a receipt may be sealed already. */
  unsealed(signal: AbortSignal): AsyncIterable<ReadonlyMap<string, readonly ReceiptPlace[]>>;
  /** The receipt if it still has its mark (strongly consistent). */
  readUnsealed(place: ReceiptPlace, signal: AbortSignal): Promise<Receipt | undefined>;
  /** The last head of a chain (strongly consistent). */
  lastHead(chain: string, signal: AbortSignal): Promise<StoredHead | undefined>;
  /** Stores what a head will name. Without a head that names them, they expire unread. */
  putEnvelopes(
    name: EnvelopesName,
    envelopes: readonly Envelope[],
    keptUntil: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Writes a head unless the chain already has one of its number. */
  putHead(chain: string, head: StoredHead, signal: AbortSignal): Promise<"written" | "taken">;
  removeMark(place: ReceiptPlace, signal: AbortSignal): Promise<void>;
  putTip(chain: string, envelope: Envelope, signal: AbortSignal): Promise<void>;
}

export interface EnvelopesName {
  readonly chain: string;
  readonly number: number;
  readonly envelopes: string;
}
