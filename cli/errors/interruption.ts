import { ExitCode } from "./exit-code.ts";

/** The abort reason when the command is interrupted or its output fails. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Signals that end the command, with exit code and message. */
export const ENDING_SIGNALS = [
  ["SIGINT", ExitCode.interrupted, "interrupted"],
  ["SIGTERM", ExitCode.terminated, "terminated"],
] as const;

/** The interruption for an error of standard output: its reader has exited, or the disk is full. */
export function outputFailure({ code, message }: NodeJS.ErrnoException): Interruption {
  if (code === "EPIPE") return new Interruption("", ExitCode.brokenPipe);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const advice = `no space is left on the device (${code}); free some space, then run the command again`;
    return new Interruption(`the output cannot be written: ${advice}`, ExitCode.failed);
  }
  return new Interruption(`the output cannot be written: ${message}`, ExitCode.failed);
}
