import * as z from "zod";
import { algorithmOf, digestOf, hexOf, isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { Receipt } from "../outcome/receipt.ts";

const DigestText = z.templateLiteral([z.enum(["sha256", "sha512"]), ":", z.string()]).refine(isDigest);
const Subject = z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })).min(1);

function statement<Type extends string, Predicate extends z.ZodType>(type: Type, predicate: Predicate) {
  return z.object({
    _type: z.literal("https://in-toto.io/Statement/v1"),
    subject: Subject,
    predicateType: z.literal(`urn:freightliner:${type}`),
    predicate,
  });
}

/** How one request ended, at its place in the chain of its destination. The subject is the manifest. */
export const ReceiptStatement = statement(
  "receipt/v1",
  z.object({
    chain: z.string(),
    /** Counted from 1. */
    index: z.int(),
    /** Digest of the statement before it; the first one has none. */
    previous: DigestText.optional(),
    receipt: Receipt,
  }),
);
export type ReceiptStatement = z.infer<typeof ReceiptStatement>;

/** What a head says of a receipt: enough to prove that a selection of receipts is whole, and what is left when a receipt has ended. */
export const HeadEntry = z.object({
  /** Of the receipt's statement. */
  digest: DigestText,
  repository: z.string().optional(),
  image: z.string().optional(),
  endedAt: z.number(),
});
export type HeadEntry = z.infer<typeof HeadEntry>;

/** A batch of receipts that were sealed together. Its subject is the last of them. Heads are a chain of their own. */
export const HeadStatement = statement(
  "head/v1",
  z.object({
    chain: z.string(),
    /** Counted from 1. */
    number: z.int(),
    /** Digest of the head before it; the first one has none. */
    previous: DigestText.optional(),
    /** Index of the first receipt. */
    first: z.int(),
    receipts: z.array(HeadEntry).min(1),
    /** Epoch milliseconds. */
    sealedAt: z.number(),
    /** Until when the receipts themselves are kept; the head stays for good. */
    keptUntil: z.number(),
  }),
);
export type HeadStatement = z.infer<typeof HeadStatement>;

/** The end of a chain at a time: without it, a reader could not tell whether the last heads were removed. Its subject is the last head. */
export const TipStatement = statement(
  "tip/v1",
  z.object({
    chain: z.string(),
    /** All chains at that time: a file that leaves one out shows it. */
    chains: z.array(z.string()),
    heads: z.int(),
    receipts: z.int(),
    at: z.number(),
  }),
);
export type TipStatement = z.infer<typeof TipStatement>;

const STATEMENT = "https://in-toto.io/Statement/v1";

export function receiptStatement(predicate: ReceiptStatement["predicate"]): ReceiptStatement {
  const subject = [subjectOf(predicate.receipt)];
  return { _type: STATEMENT, subject, predicateType: "urn:freightliner:receipt/v1", predicate };
}

export function headStatement(predicate: HeadStatement["predicate"]): HeadStatement {
  const last = predicate.receipts.at(-1)?.digest ?? digestOf(new Uint8Array());
  const subject = [named(`${predicate.chain}/receipts`, last)];
  return { _type: STATEMENT, subject, predicateType: "urn:freightliner:head/v1", predicate };
}

/** @param head digest of the last head; of a chain without one, the subject is the name of the chain. */
export function tipStatement(predicate: TipStatement["predicate"], head: Digest | undefined): TipStatement {
  const digest = head ?? digestOf(new TextEncoder().encode(predicate.chain));
  const subject = [named(`${predicate.chain}/heads`, digest)];
  return { _type: STATEMENT, subject, predicateType: "urn:freightliner:tip/v1", predicate };
}

/** The manifest at the target. A request that never found one is its own subject: in-toto requires a digest. */
function subjectOf({ destination, repository, reference, digest, id }: Receipt): ReceiptStatement["subject"][number] {
  if (digest !== undefined && isDigest(digest)) {
    const place = [destination, repository].filter((part) => part !== undefined).join("/");
    return named(reference === undefined ? place : `${place}:${reference}`, digest);
  }
  return named(`request ${id}`, digestOf(new TextEncoder().encode(id)));
}

function named(name: string, digest: Digest): ReceiptStatement["subject"][number] {
  return { name, digest: { [algorithmOf(digest)]: hexOf(digest) } };
}
