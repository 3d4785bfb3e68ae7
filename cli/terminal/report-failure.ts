import { CommanderError } from "@commander-js/extra-typings";
import { ExitCode } from "../errors/exit-code.ts";
import { Interruption } from "../errors/interruption.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "../errors/usage-error.ts";

/**
 * Prints why a command failed or was interrupted. `about` names the item that failed, where the command handles several.
 * @returns the exit code.
 */
export async function reportFailure(
  error: unknown,
  terminal: Pick<Terminal, "err" | "json" | "details">,
  about?: string,
): Promise<ExitCode> {
  // commander throws after it has printed the help or the version.
  if (error instanceof CommanderError) return ExitCode.ok;
  if (error instanceof Interruption && error.message === "") return error.exitCode;
  const { failureLines, failureOf } = await import("./failure.ts");
  const failure = { about, ...failureOf(error) };
  if (terminal.json) terminal.err.json({ error: failure });
  else terminal.err.lines([...failureLines(failure), ...usageHelp(error)]);
  terminal.details.lines(causes(error));
  return exitCodeOf(error);
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interruption) return error.exitCode;
  if (error instanceof NotFoundError) return ExitCode.notFound;
  return error instanceof UsageError ? ExitCode.usage : ExitCode.failed;
}

/** After a wrong command line, points to the help. Errors in a file list their problems instead. */
function usageHelp(error: unknown): string[] {
  if (!(error instanceof UsageError) || error.details !== undefined) return [];
  const words = ["freightliner", error.command ?? "", "--help"].filter((word) => word !== "");
  return [`  run "${words.join(" ")}" for usage`];
}

/** The chain of causes of an error, for `--verbose`. */
function causes(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause = error instanceof Error ? error.cause : undefined; cause instanceof Error && lines.length < 5;) {
    lines.push(`  caused by ${cause.name}: ${cause.message}`);
    cause = cause.cause;
  }
  return lines;
}
