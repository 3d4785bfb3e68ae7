import { printable } from "../src/oci/errors/printable.ts";
import { ENDING_SIGNALS, Interruption, outputFailure } from "./errors/interruption.ts";
import { run } from "./run.ts";
import { reportFailure } from "./terminal/report-failure.ts";
import { createScreen, createTerminal } from "./terminal/terminal.ts";

const ending = new AbortController();
const surroundings = {
  out: createScreen(process.stdout),
  err: createScreen(process.stderr),
  environment: process.env,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
};
let isOver = false;

for (const [signal, exitCode, message] of ENDING_SIGNALS) {
  process.on(signal, () => {
    // The second time, nothing is waited for.
    if (ending.signal.aborted) process.exit(exitCode);
    ending.abort(new Interruption(message, exitCode));
  });
}
process.stdout.on("error", (error) => {
  if (ending.signal.aborted) return;
  const failure = outputFailure(error);
  ending.abort(failure);
  if (isOver) void conclude(failure);
});
// There is no other place to say it.
process.stderr.on("error", () => undefined);

/** Loaded when there is a question: the module of lines is large. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(printable(question), { signal });
  } finally {
    lines.close();
  }
}

/** Small outputs fail after everything is done. */
async function conclude(failure: Interruption): Promise<void> {
  process.exitCode = await reportFailure(
    failure,
    createTerminal(surroundings, { json: false, quiet: false, verbose: false }),
  );
}

process.exitCode = await run(process.argv.slice(2), surroundings, ending.signal);
isOver = true;
