import { ExitCode } from "./errors/exit-code.ts";
import { createProgram } from "./program.ts";
import type { CommandRunner } from "./commands/command-runner.ts";
import { reportFailure } from "./terminal/report-failure.ts";
import { createTerminal } from "./terminal/terminal.ts";
import type { ProcessIo } from "./terminal/terminal.ts";

/** Parses and runs one command line. Results and errors go to the screens of `io`. @returns the exit code. */
export async function run(args: readonly string[], io: ProcessIo, signal: AbortSignal): Promise<ExitCode> {
  let code: ExitCode = ExitCode.ok;
  // The code of a wrong command line is that of changes for `plan`.
  const failed = async (failing: Promise<ExitCode>): Promise<ExitCode> => {
    const found = await failing;
    return args[0] === "plan" && found === ExitCode.usage ? ExitCode.failed : found;
  };
  const runner: CommandRunner = {
    async run(options, action) {
      const terminal = createTerminal(io, options);
      using _log = options.verbose
        ? (await import("./terminal/request-log.ts")).logRequests(terminal.details)
        : undefined;
      code = await action(terminal, signal).catch((error: unknown) =>
        failed(reportFailure(signal.reason ?? error, terminal)),
      );
    },
  };
  try {
    await createProgram(runner, io.out).parseAsync(args.length === 0 ? ["help"] : args, { from: "user" });
    return code;
  } catch (error) {
    const options = { json: args.includes("--json"), quiet: false, verbose: args.includes("--verbose") };
    return await failed(reportFailure(error, createTerminal(io, options)));
  }
}
