import { ExitCode } from "./errors/exit-code.ts";
import { createProgram } from "./program.ts";
import type { CommandRunner } from "./commands/command-runner.ts";
import { reportFailure } from "./terminal/report-failure.ts";
import { createTerminal } from "./terminal/terminal.ts";
import type { ProcessIo } from "./terminal/terminal.ts";

/** Runs one command line. All it says goes to the screens given; only the exit code comes back. */
export async function run(args: readonly string[], around: ProcessIo, signal: AbortSignal): Promise<ExitCode> {
  let code: ExitCode = ExitCode.ok;
  const runner: CommandRunner = {
    async run(options, work) {
      const terminal = createTerminal(around, options);
      using _log = options.verbose
        ? (await import("./terminal/request-log.ts")).logRequests(terminal.details)
        : undefined;
      code = await work(terminal, signal).catch((error: unknown) => reportFailure(signal.reason ?? error, terminal));
    },
  };
  try {
    await createProgram(runner, around.out).parseAsync(args.length === 0 ? ["help"] : args, { from: "user" });
    return code;
  } catch (error) {
    const options = { json: args.includes("--json"), quiet: false, verbose: args.includes("--verbose") };
    return reportFailure(error, createTerminal(around, options));
  }
}
