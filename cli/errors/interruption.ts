import { ExitCode } from "./exit-code.ts";

/** Why everything that runs has to end now. It is no failure of what was asked for. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Signals that end the command, and how. */
export const ENDING_SIGNALS = [
  ["SIGINT", ExitCode.interrupted, "interrupted"],
  ["SIGTERM", ExitCode.terminated, "terminated"],
] as const;

/** What it means that the output takes no more text: its reader is gone, or a disk is full. */
export function outputFailure({ code, message }: NodeJS.ErrnoException): Interruption {
  if (code === "EPIPE") return new Interruption("", ExitCode.brokenPipe);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const advice = `no space is left where it goes (${code}); make room, then run the command again`;
    return new Interruption(`the output cannot be written: ${advice}`, ExitCode.failed);
  }
  return new Interruption(`the output cannot be written: ${message}`, ExitCode.failed);
}
