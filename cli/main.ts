import { describeError } from "../src/contract/observer.ts";
import { copy } from "./copy.ts";
import type { Terminal } from "./copy.ts";
import { parseCopyOptions } from "./copy-options.ts";
import { ExitCode, UsageError } from "./exit-code.ts";
import { USAGE } from "./usage.ts";

/** Runs one command line. Everything it says goes to the terminal given; only the exit code comes back. */
async function main(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const [command, ...rest] = args;
  try {
    if (command === "copy" && !rest.includes("--help")) return await copy(parseCopyOptions(rest), terminal, signal);
    if (!rest.includes("--help")) {
      // Loaded when asked for: a copy needs no AWS client.
      if (command === "status") return await (await import("./status.ts")).status(rest, terminal, signal);
      if (command === "redrive") return await (await import("./redrive.ts")).redrive(rest, terminal, signal);
    }
    if (command === undefined || ["help", "--help", "-h", "copy", "status", "redrive"].includes(command)) {
      terminal.out.write(USAGE);
      return ExitCode.ok;
    }
    throw new UsageError(`there is no command "${command}"`);
  } catch (error) {
    if (signal.aborted) {
      terminal.err.write("interrupted; blobs that were finished stay, run the command again to go on\n");
      return ExitCode.interrupted;
    }
    terminal.err.write(`freightliner: ${describeError(error)}\n`);
    if (!(error instanceof UsageError)) return ExitCode.failed;
    terminal.err.write('Run "freightliner help" for how it is used.\n');
    return ExitCode.usage;
  }
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort(new Error(signal)));
process.exitCode = await main(
  process.argv.slice(2),
  { out: process.stdout, err: process.stderr, environment: process.env },
  interrupted.signal,
);
