import { CommanderError } from "@commander-js/extra-typings";
import { ExitCode } from "./exit-code.ts";
import { Interruption } from "./interruption.ts";
import { NotFoundError } from "./not-found-error.ts";
import { createProgram } from "./program.ts";
import type { Session } from "./session.ts";
import { createTerminal } from "./terminal.ts";
import type { Surroundings, Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Runs one command line. All it says goes to the screens given; only the exit code comes back. */
export async function run(args: readonly string[], around: Surroundings, signal: AbortSignal): Promise<ExitCode> {
  let code: ExitCode = ExitCode.ok;
  const session: Session = {
    async run(options, work) {
      const terminal = createTerminal(around, options);
      code = await work(terminal, signal).catch((error: unknown) => tell(signal.reason ?? error, terminal));
    },
  };
  try {
    await createProgram(session, around.out).parseAsync(args.length === 0 ? ["help"] : args, { from: "user" });
    return code;
  } catch (error) {
    const options = { json: args.includes("--json"), quiet: false, verbose: args.includes("--verbose") };
    return tell(error, createTerminal(around, options));
  }
}

/** Says why a command has ended early, once. @returns the exit code. */
export async function tell(error: unknown, terminal: Pick<Terminal, "err" | "json">): Promise<ExitCode> {
  // Help and version end the parsing, too.
  if (error instanceof CommanderError) return ExitCode.ok;
  if (error instanceof Interruption && error.message === "") return error.exitCode;
  const { describeError } = await import("../src/contract/observer.ts");
  const message = error instanceof UsageError || error instanceof NotFoundError ? error.message : describeError(error);
  if (terminal.json) terminal.err.json({ error: { message } });
  else terminal.err.lines([`freightliner: ${message}`]);
  if (error instanceof Interruption) return error.exitCode;
  if (error instanceof NotFoundError) return ExitCode.notFound;
  if (!(error instanceof UsageError)) return ExitCode.failed;
  const help = ["freightliner", error.command, "--help"].filter((word) => word !== undefined && word !== "").join(" ");
  if (!terminal.json) terminal.err.lines([`Run "${help}" for how it is used.`]);
  return ExitCode.usage;
}
