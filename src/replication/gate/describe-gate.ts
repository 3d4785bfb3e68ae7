import { describeSigners } from "./check-signature.ts";
import type { Gate } from "./gate.ts";

/** What a gate requires, as people read it: one text for each requirement. */
export function describeRequirements({ signatures, referrers, scan, maxBytes, acceptsBase }: Gate): string[] {
  return [
    ...(signatures === undefined ? [] : [`a signature with ${describeSigners(signatures)}`]),
    ...referrers.map(({ type }) => `a referrer ${type}`),
    ...(scan === undefined ? [] : [`a scan that found at most ${scan.maxSeverity}`]),
    ...(maxBytes === undefined ? [] : [`at most ${maxBytes} bytes`]),
    ...(acceptsBase === undefined ? [] : ["an allowed base image"]),
  ];
}
