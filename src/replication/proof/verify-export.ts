import * as z from "zod";
import { Envelope, openEnvelope, signedBytes } from "./envelope.ts";
import { ReceiptSelection } from "./selection.ts";
import { createChainVerifier } from "./verify-chain.ts";
import type { ChainSummary, ChainVerifier, Opened } from "./verify-chain.ts";

/** The first line of an export. */
export const ExportHeader = z.object({
  receipts: z.literal(1),
  stack: z.string(),
  exportedAt: z.number(),
  selection: ReceiptSelection,
  chains: z.array(z.string()).readonly(),
});
export type ExportHeader = z.infer<typeof ExportHeader>;

/** The other lines: for each chain its tip, then each head followed by its receipts. */
export const ExportLine = z.union([
  z.object({ chain: z.string(), tip: Envelope }),
  z.object({ chain: z.string(), head: Envelope }),
  z.object({ chain: z.string(), receipt: Envelope }),
]);
export type ExportLine = z.infer<typeof ExportLine>;

/** Checks a signature by the public key. */
export type IsSigned = (bytes: Uint8Array, signature: Uint8Array) => boolean;

export interface VerifiedExport {
  readonly chains: readonly ChainSummary[];
  readonly problems: readonly string[];
  /** Chains that a tip names and the file does not have. */
  readonly absent: readonly string[];
}

/** Problems that are listed; the others are counted. */
const MOST_PROBLEMS = 1_000;

/**
 * Verifies an export line by line, with memory for one head and the digests of the others. Nothing of a line is believed before its signature
 * is verified, and nothing of the first line, which has none: it only says what the file claims to be.
 */
export async function verifyExport(lines: AsyncIterable<string>, isSigned: IsSigned): Promise<VerifiedExport> {
  const problems: string[] = [];
  let count = 0;
  const report = (problem: string): void => {
    if (++count <= MOST_PROBLEMS) problems.push(problem);
  };
  const chains = new Map<string, ChainVerifier>();
  let header: ExportHeader | undefined;
  let number = 0;
  for await (const line of lines) {
    number++;
    const value = parsed(line);
    if (header === undefined) {
      header = ExportHeader.safeParse(value).data;
      if (header === undefined)
        return { chains: [], absent: [], problems: ["line 1 is not the header of an export of receipts"] };
      const { selection } = header;
      for (const chain of header.chains) chains.set(chain, createChainVerifier(chain, selection, report));
      continue;
    }
    const read = ExportLine.safeParse(value).data;
    const verifier = read && chains.get(read.chain);
    if (read === undefined || verifier === undefined) report(`line ${number} is no line of an export of receipts`);
    else if ("tip" in read) verifier.tip(opened(read.tip, isSigned), number);
    else if ("head" in read) verifier.head(opened(read.head, isSigned), number);
    else verifier.receipt(opened(read.receipt, isSigned), number);
  }
  if (header === undefined) report("the file is empty");
  const summaries = [...chains.values()].map((verifier) => verifier.end());
  const more = count > MOST_PROBLEMS ? [`and ${count - MOST_PROBLEMS} more problems`] : [];
  const known = new Set(summaries.flatMap((summary) => summary.chains));
  const absent = [...known].filter((chain) => !chains.has(chain));
  return { chains: summaries, problems: [...problems, ...more], absent };
}

function opened(envelope: Envelope, isSigned: IsSigned): Opened {
  const { bytes, digest } = openEnvelope(envelope);
  const signed = signedBytes(bytes);
  const isValid = envelope.signatures.some(({ sig }) => isSigned(signed, Buffer.from(sig, "base64")));
  return { statement: parsed(new TextDecoder().decode(bytes)), digest, isSigned: isValid };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
