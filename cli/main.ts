import { describeError } from "../src/contract/observer.ts";
import { copy } from "./copy.ts";
import { createScreen } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";
import { parseCopyOptions } from "./copy-options.ts";
import { ExitCode, UsageError } from "./exit-code.ts";
import { USAGE } from "./usage.ts";

type Command = (args: readonly string[], terminal: Terminal, signal: AbortSignal) => Promise<ExitCode>;

/** Loaded when asked for: a copy needs no AWS client. */
const COMMANDS: Readonly<Record<string, Command>> = {
  copy: (args, terminal, signal) => copy(parseCopyOptions(args), terminal, signal),
  status: async (args, terminal, signal) => (await import("./status.ts")).status(args, terminal, signal),
  watch: async (args, terminal, signal) => (await import("./watch.ts")).watch(args, terminal, signal),
  redrive: async (args, terminal, signal) => (await import("./redrive.ts")).redrive(args, terminal, signal),
  "google-setup": async (args, terminal) => (await import("./google-setup.ts")).googleSetup(args, terminal),
  cost: async (args, terminal) => (await import("./cost.ts")).cost(args, terminal),
};

/** Runs one command line. Everything it says goes to the terminal given; only the exit code comes back. */
async function main(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const [name = "help", ...rest] = args;
  try {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command !== undefined && !rest.includes("--help")) return await command(rest, terminal, signal);
    if (command === undefined && !["help", "--help", "-h"].includes(name)) {
      throw new UsageError(`there is no command "${name}"`);
    }
    terminal.out.lines(USAGE.trimEnd().split("\n"));
    return ExitCode.ok;
  } catch (error) {
    if (signal.aborted) {
      terminal.err.lines(["interrupted; blobs that were finished stay, run the command again to go on"]);
      return ExitCode.interrupted;
    }
    terminal.err.lines([`freightliner: ${describeError(error)}`]);
    if (!(error instanceof UsageError)) return ExitCode.failed;
    terminal.err.lines(['Run "freightliner help" for how it is used.']);
    return ExitCode.usage;
  }
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort(new Error(signal)));
process.exitCode = await main(
  process.argv.slice(2),
  { out: createScreen(process.stdout), err: createScreen(process.stderr), environment: process.env },
  interrupted.signal,
);
