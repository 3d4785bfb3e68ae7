import { ReceiptKey } from "../../src/api/schemas/chain.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { read } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Runs `freightliner receipts key`: prints the public key of a stack's receipts. */
export async function receiptKey(
  given: RawApiOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const { publicKey } = await read(api, { path: "/api/receipt-key" }, ReceiptKey);
  if (json) out.json({ publicKey });
  else out.lines(publicKey.trimEnd().split("\n"));
  return ExitCode.ok;
}
