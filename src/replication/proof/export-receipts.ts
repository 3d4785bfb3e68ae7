import { openEnvelope } from "./envelope.ts";
import type { Envelope } from "./envelope.ts";
import type { EnvelopesName } from "./seal-store.ts";
import { isSelected } from "./selection.ts";
import type { ReceiptSelection } from "./selection.ts";
import { HeadStatement } from "./statements.ts";
import type { ExportHeader, ExportLine } from "./verify-export.ts";

/** Reads the chains that were sealed. */
export interface SealedReader {
  tip(chain: string): Promise<Envelope | undefined>;
  /** From the first to the last. */
  heads(
    chain: string,
  ): AsyncIterable<{ readonly envelope: Envelope; readonly number: number; readonly envelopes: string }>;
  /** Undefined when they have ended. */
  envelopes(name: EnvelopesName): Promise<readonly Envelope[] | undefined>;
}

/**
 * The lines of an export: every head of the chains, and of the receipts those that are selected. The tip is read first, so
 * that the heads reach at least as far.
 */
export async function* exportLines(
  header: ExportHeader,
  reader: SealedReader,
): AsyncGenerator<ExportHeader | ExportLine> {
  yield header;
  for (const chain of header.chains) {
    const tip = await reader.tip(chain);
    if (tip !== undefined) yield { chain, tip };
    for await (const { envelope, ...name } of reader.heads(chain)) {
      yield { chain, head: envelope };
      for (const receipt of await selectedReceipts({ chain, ...name }, envelope, header.selection, reader))
        yield { chain, receipt };
    }
  }
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
