import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { ChainPage, Chains } from "../../src/api/schemas/chain.ts";
import type { ExportHeader, ExportLine } from "../../src/replication/proof/verify-export.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { read } from "../api/stack-api.ts";
import type { StackApi } from "../api/stack-api.ts";
import { errorCode } from "../errors/error-code.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";
import { counted } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface GivenExport extends RawApiOptions {
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
  await using api = await openStackApi(given, signal);
  const { stack, chains: all } = await read(api, { path: "/api/chains" }, Chains);
  const { since, until, repository, digest, destination } = given;
  const chains = destination.length > 0 ? destination : all;
  const selection = Object.fromEntries(
    Object.entries({ since, until, repository, digest }).filter(([, value]) => value !== undefined),
  );
  const header = { receipts: 1, stack, exportedAt: Date.now(), selection, chains } as const;
  const counts = { heads: 0, receipts: 0, tips: 0 };
  await writeLines(path, async (write) => {
    await write(JSON.stringify(header));
    for await (const line of linesOf(header, api)) {
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

/** The lines of all chains, page by page. */
async function* linesOf({ chains, selection }: ExportHeader, api: StackApi): AsyncGenerator<ExportLine> {
  const selected = Object.entries(selection).map(([name, value]) => [name, String(value)] as const);
  for (const chain of chains) {
    let after: number | undefined = 0;
    while (after !== undefined) {
      const path = `/api/chains/${encodeURIComponent(chain)}`;
      const query = Object.fromEntries([...selected, ["after", String(after)] as const]);
      const page: ChainPage = await read(api, { path, query }, ChainPage);
      yield* page.lines;
      after = page.next;
    }
  }
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
