import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { NO_DESTINATION } from "../../src/replication/outcome/receipt.ts";
import { exportLines } from "../../src/replication/proof/export-receipts.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import { errorCode } from "../errors/error-code.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";
import { parseStackOptions } from "../stack/stack-options.ts";
import type { RawStackOptions } from "../stack/stack-options.ts";
import { counted } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface GivenExport extends RawStackOptions {
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly repository?: string | undefined;
  readonly digest?: string | undefined;
  readonly destination: readonly string[];
}

/** Runs `freightliner receipts export`: writes the chains of a stack, and of their receipts those that are selected, to a file. */
export async function exportReceipts(
  path: string,
  given: GivenExport,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  const { since, until, repository, digest, destination } = given;
  const chains = destination.length > 0 ? destination : [...operations.parts.destinations, NO_DESTINATION];
  const selection = Object.fromEntries(
    Object.entries({ since, until, repository, digest }).filter(([, value]) => value !== undefined),
  );
  const header = { receipts: 1, stack, exportedAt: Date.now(), selection, chains } as const;
  const counts = { heads: 0, receipts: 0, tips: 0 };
  await writeLines(path, async (write) => {
    for await (const line of exportLines(header, operations.sealed)) {
      if ("head" in line) counts.heads++;
      if ("receipt" in line) counts.receipts++;
      if ("tip" in line) counts.tips++;
      await write(JSON.stringify(line));
    }
  });
  if (counts.tips === 0) {
    throw new NotFoundError(
      `${stack} has not signed any receipts yet; set "stack.signReceipts", and wait a few minutes`,
    );
  }
  if (json) out.json({ file: path, ...counts });
  else out.lines([`${counted(counts.receipts, "receipt")} in ${path}, with ${counted(counts.heads, "head")}`]);
  return ExitCode.ok;
}

/** Writes lines as fast as the file takes them. @throws {UsageError} when it cannot be written. */
async function writeLines(path: string, produce: (write: (line: string) => Promise<void>) => Promise<void>) {
  const file = createWriteStream(path);
  const failed = finished(file).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be written (${errorCode(error)})`, { command: "receipts export" });
  });
  const write = async (line: string): Promise<void> => {
    if (!file.write(`${line}\n`)) await Promise.race([once(file, "drain"), failed]);
  };
  await Promise.race([produce(write), failed]).finally(() => file.end());
  await failed;
}
