import { CommanderError } from "@commander-js/extra-typings";
import { ExitCode } from "./exit-code.ts";
import { Interruption } from "./interruption.ts";
import { NotFoundError } from "./not-found-error.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Says why a command has ended early, once. @returns the exit code. */
export async function tell(error: unknown, terminal: Pick<Terminal, "err" | "json">, what?: string): Promise<ExitCode> {
  // Help and version end the parsing, too.
  if (error instanceof CommanderError) return ExitCode.ok;
  if (error instanceof Interruption && error.message === "") return error.exitCode;
  const { describeError } = await import("../src/contract/observer.ts");
  const problem = error instanceof UsageError || error instanceof NotFoundError ? error.message : describeError(error);
  const message = what === undefined ? problem : `${what}: ${problem}`;
  if (terminal.json) terminal.err.json({ error: { message } });
  else terminal.err.lines([`freightliner: ${message}`]);
  if (error instanceof Interruption) return error.exitCode;
  if (error instanceof NotFoundError) return ExitCode.notFound;
  if (!(error instanceof UsageError)) return ExitCode.failed;
  const help = ["freightliner", error.command, "--help"].filter((word) => word !== undefined && word !== "").join(" ");
  if (!terminal.json) terminal.err.lines([`Run "${help}" for how it is used.`]);
  return ExitCode.usage;
}
