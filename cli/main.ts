import { printable } from "../src/oci/errors/printable.ts";
import { ExitCode } from "./errors/exit-code.ts";
import { ENDING_SIGNALS, Interruption, outputFailure } from "./errors/interruption.ts";
import { run } from "./run.ts";
import { reportFailure } from "./terminal/report-failure.ts";
import { createScreen, createTerminal } from "./terminal/terminal.ts";

const ending = new AbortController();
const io = {
  out: createScreen(process.stdout),
  err: createScreen(process.stderr),
  environment: process.env,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
};
let isOver = false;

for (const [signal, exitCode, message] of ENDING_SIGNALS) {
  process.on(signal, () => {
    // The second signal exits at once, without cleanup.
    if (ending.signal.aborted) process.exit(exitCode);
    ending.abort(new Interruption(message, exitCode));
  });
}
process.stdout.on("error", (error) => {
  if (ending.signal.aborted) return;
  const failure = outputFailure(error);
  ending.abort(failure);
  if (isOver) void reportLateFailure(failure);
});
// An error of standard error cannot be reported anywhere.
process.stderr.on("error", () => undefined);

/** Asks the user. Imports readline only when it is needed: it slows down the start of every command. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(printable(question), { signal });
  } finally {
    lines.close();
  }
}

/** Reports an error of standard output that arrived after the command had ended: short output is written late. */
async function reportLateFailure(failure: Interruption): Promise<void> {
  process.exitCode = await reportFailure(failure, createTerminal(io, { json: false, quiet: false, verbose: false }));
}

// A process that ends because nothing is left to wait for must not look as if the command had ended.
process.on("exit", () => {
  if (!isOver) process.exitCode ??= ExitCode.failed;
});
async function main(): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), io, ending.signal);
  isOver = true;
}

// Not awaited: a script cannot await at its top level, and some commands are built as scripts.
void main();
