import { CommanderError } from "@commander-js/extra-typings";
import { ExitCode } from "../errors/exit-code.ts";
import { Interruption } from "../errors/interruption.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "../errors/usage-error.ts";

/** Says why a command has ended early, or `about` one of many things why it was not done; once. @returns the exit code. */
export async function reportFailure(
  error: unknown,
  terminal: Pick<Terminal, "err" | "json" | "details">,
  about?: string,
): Promise<ExitCode> {
  // Help and version end the parsing, too.
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

/** A wrong command line leads to the help; a wrong file says itself what is wrong. */
function usageHelp(error: unknown): string[] {
  if (!(error instanceof UsageError) || error.details !== undefined) return [];
  const words = ["freightliner", error.command ?? "", "--help"].filter((word) => word !== "");
  return [`  "${words.join(" ")}" shows how it is used`];
}

/** What led to an error, for those who look for a fault. */
function causes(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause = error instanceof Error ? error.cause : undefined; cause instanceof Error && lines.length < 5;) {
    lines.push(`  because of ${cause.name}: ${cause.message}`);
    cause = cause.cause;
  }
  return lines;
}
