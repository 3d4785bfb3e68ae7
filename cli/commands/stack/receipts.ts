import { Argument, Command, InvalidArgumentError } from "@commander-js/extra-typings";
import type { CommandRunner } from "../command-runner.ts";
import { collect, createApiCommand, createCommand } from "../create-command.ts";

/** Commands about signed receipts. */
export function receiptsCommand(runner: CommandRunner) {
  const summary = "export the signed receipts of a stack, and verify an export";
  return (
    new Command("receipts")
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .helpCommand(false)
      .addArgument(new Argument("<command>", "what to do").choices(["export", "verify", "key"]))
      .addCommand(exportCommand(runner))
      .addCommand(verifyCommand(runner))
      .addCommand(keyCommand(runner))
      // Runs for no word: commander refuses every other one than the names of the commands above.
      .action(() => undefined)
  );
}

function exportCommand(runner: CommandRunner) {
  return createApiCommand("export", "write signed receipts to a file")
    .argument("<file>", "the file to write, one JSON document a line")
    .option("--since <time>", "of requests that ended at this time or later", timeOf)
    .option("--until <time>", "of requests that ended before this time", timeOf)
    .option("--repository <name>", "of this repository of the source")
    .option("--digest <digest>", "of the image with this digest")
    .option("--destination <name>", "of this destination only (repeatable)", collect, [])
    .action((file, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../../receipts/export.ts")).exportReceipts(file, given, terminal, signal),
      ),
    );
}

function verifyCommand(runner: CommandRunner) {
  return createCommand("verify", "verify an export with the public key, offline")
    .argument("<file>", "a file of receipts export")
    .requiredOption("--key <file>", "the public key, PEM: receipts key prints it")
    .option("--as-of <time>", "fail unless the chains are proved until this time", timeOf)
    .action((file, given) =>
      runner.run(given, async (terminal) =>
        (await import("../../receipts/verify-receipts.ts")).verifyReceipts(file, given, terminal),
      ),
    );
}

function keyCommand(runner: CommandRunner) {
  return createApiCommand("key", "print the public key of a stack's receipts, PEM").action((given) =>
    runner.run(given, async (terminal, signal) =>
      (await import("../../receipts/receipt-key.ts")).receiptKey(given, terminal, signal),
    ),
  );
}

/** Epoch milliseconds of a time in ISO 8601. */
function timeOf(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError("It takes a time, such as 2026-11-27T10:00:00Z.");
  return time;
}
