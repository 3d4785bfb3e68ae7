import { openEnvelope } from "./envelope.ts";
import type { Envelope } from "./envelope.ts";
import type { EnvelopesName } from "./seal-store.ts";
import { isSelected } from "./selection.ts";
import type { ReceiptSelection } from "./selection.ts";
import { HeadStatement } from "./statements.ts";
import type { ExportLine } from "./verify-export.ts";

/** Reads the chains that were sealed. */
export interface SealedReader {
  tip(chain: string): Promise<Envelope | undefined>;
  /** From the one behind `after` to the last; 0 is before the first. */
  heads(
    chain: string,
    after: number,
  ): AsyncIterable<{ readonly envelope: Envelope; readonly number: number; readonly envelopes: string }>;
  /** Undefined when they have ended. */
  envelopes(name: EnvelopesName): Promise<readonly Envelope[] | undefined>;
}

/** A part of the lines of one chain. */
export interface ExportPage {
  readonly lines: readonly ExportLine[];
  /** The number of the last head, behind which the next page begins; undefined on the last page. */
  readonly next: number | undefined;
}

/** What a page has at most, its first head apart: a head and its receipts are not divided. */
export interface PageLimit {
  readonly bytes: number;
  readonly heads: number;
}

/**
 * A page of an export of one chain: its heads behind `after`, and of their receipts those that are selected. The first page begins with the tip, which is
 * read first, so that the heads reach at least as far.
 */
export async function exportPage(
  { chain, selection, after }: { readonly chain: string; readonly selection: ReceiptSelection; readonly after: number },
  limit: PageLimit,
  reader: SealedReader,
): Promise<ExportPage> {
  const lines: ExportLine[] = [];
  const tip = after === 0 ? await reader.tip(chain) : undefined;
  if (tip !== undefined) lines.push({ chain, tip });
  let [bytes, heads, last] = [0, 0, after];
  for await (const { envelope, ...name } of reader.heads(chain, after)) {
    if (heads === limit.heads) return { lines, next: last };
    const receipts = await selectedReceipts({ chain, ...name }, envelope, selection, reader);
    bytes += [envelope, ...receipts].reduce((sum, { payload }) => sum + payload.length, 0);
    if (heads > 0 && bytes > limit.bytes) return { lines, next: last };
    lines.push({ chain, head: envelope }, ...receipts.map((receipt) => ({ chain, receipt })));
    heads++;
    last = name.number;
  }
  return { lines, next: undefined };
}

async function selectedReceipts(
  name: EnvelopesName,
  head: Envelope,
  selection: ReceiptSelection,
  reader: SealedReader,
): Promise<Envelope[]> {
  const { predicate } = HeadStatement.parse(JSON.parse(new TextDecoder().decode(openEnvelope(head).bytes)));
  const wanted = predicate.receipts.map((entry) => isSelected(entry, selection));
  if (!wanted.includes(true)) return [];
  return ((await reader.envelopes(name)) ?? []).filter((_, index) => wanted[index]);
}
