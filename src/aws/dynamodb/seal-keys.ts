import type { EnvelopesName } from "../../replication/proof/seal-store.ts";

/** First part of the sort keys of heads. */
export const HEADS = "HEAD#";
export const TIP = "TIP";

export function partitionOf(chain: string): string {
  return `SEAL#${chain}`;
}

/** Digits of a number: sort keys are compared as text. */
const DIGITS = 12;
/** The highest number that a head can have. */
export const MOST_HEADS = 10 ** DIGITS - 1;

function ordered(number: number): string {
  return String(number).padStart(DIGITS, "0");
}

export function headKey(chain: string, number: number) {
  return { pk: partitionOf(chain), sk: `${HEADS}${ordered(number)}` };
}

/** Envelopes are apart from their head: they end, and the head stays. */
export function envelopesKey({ chain, number, envelopes }: EnvelopesName) {
  return { pk: partitionOf(chain), sk: `ENVELOPES#${ordered(number)}#${envelopes}` };
}
