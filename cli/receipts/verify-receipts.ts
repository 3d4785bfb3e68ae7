import { open, readFile } from "node:fs/promises";
import { createPublicKey } from "node:crypto";
import { NO_DESTINATION } from "../../src/replication/outcome/receipt.ts";
import type { ChainSummary } from "../../src/replication/proof/verify-chain.ts";
import { verifyExport } from "../../src/replication/proof/verify-export.ts";
import { isSignedBy } from "../../src/signatures/key-signature.ts";
import { errorCode } from "../errors/error-code.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { counted } from "../terminal/format.ts";
import type { CommonOptions, Terminal } from "../terminal/terminal.ts";

export interface GivenVerifyReceipts extends CommonOptions {
  readonly key: string;
  readonly asOf?: number | undefined;
}

const COMMAND = { command: "receipts verify" } as const;

/** Runs `freightliner receipts verify`: checks an export with the public key alone, and says what is missing, changed or moved. */
export async function verifyReceipts(
  path: string,
  { key, asOf }: GivenVerifyReceipts,
  { out, json }: Terminal,
): Promise<ExitCode> {
  const pem = await readKey(key);
  const { chains, absent, problems } = await verifyExport(linesOf(path), (bytes, signature) =>
    isSignedBy(pem, bytes, signature),
  );
  const late = asOf === undefined ? [] : chains.filter(({ provedUntil = 0 }) => provedUntil < asOf).map(lateOf);
  const all = [...problems, ...late];
  const isProved = all.length === 0 && chains.length > 0;
  if (json) out.json({ proved: isProved, chains, absent, problems: all });
  else {
    out.lines(all);
    out.lines(chains.map(describeChain));
    out.lines(absent.map((chain) => `${nameOf(chain)}: not in this file`));
    out.lines([isProved ? "proved" : `not proved: ${counted(all.length, "problem")}`]);
  }
  return isProved ? ExitCode.ok : ExitCode.failed;
}

function describeChain({ chain, receipts, heads, selected, found, ended, provedUntil }: ChainSummary): string {
  const parts = [
    `${counted(receipts, "receipt")} in ${counted(heads, "head")}`,
    ...(selected === receipts ? [] : [`${selected} selected`]),
    `${found} in this file`,
    ...(ended === 0 ? [] : [`${ended} past their retention, of which the heads are left`]),
  ];
  const until = provedUntil === undefined ? "" : `; the chain until ${new Date(provedUntil).toISOString()}`;
  return `${nameOf(chain)}: ${parts.join(", ")}${until}`;
}

function lateOf({ chain, provedUntil }: ChainSummary): string {
  const until = provedUntil === undefined ? "not at all" : `until ${new Date(provedUntil).toISOString()} only`;
  return `${nameOf(chain)}: the chain is proved ${until}, before the time of --as-of`;
}

function nameOf(chain: string): string {
  return chain === NO_DESTINATION ? "events without a copy" : chain;
}

/** @throws {UsageError} */
async function readKey(path: string): Promise<string> {
  const pem = await readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read (${errorCode(error)})`, COMMAND);
  });
  try {
    createPublicKey(pem);
    return pem;
  } catch (cause) {
    throw new UsageError(`${path} is no public key in PEM; "freightliner receipts key" prints it`, {
      ...COMMAND,
      cause,
    });
  }
}

/** @throws {UsageError} */
async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await open(path).catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be read (${errorCode(cause)})`, { ...COMMAND, cause });
  });
  for await (const line of file.readLines()) if (line !== "") yield line;
}
