import { readReceiptKey } from "../../src/wiring/operations/receipt-key.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { RawStackOptions } from "../stack/stack-options.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Runs `freightliner receipts key`: prints the public key of a stack's receipts. */
export async function receiptKey(
  given: RawStackOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  const pem = await readReceiptKey(stack, access, signal);
  if (json) out.json({ publicKey: pem });
  else out.lines(pem.trimEnd().split("\n"));
  return ExitCode.ok;
}
