import type { ExitCode } from "../errors/exit-code.ts";
import type { CommonOptions, Terminal } from "../terminal/terminal.ts";

/** What a command does after its options are parsed. */
export type CommandAction = (terminal: Terminal, signal: AbortSignal) => Promise<ExitCode>;

/** Runs the command that was chosen on the command line. */
export interface CommandRunner {
  /** Runs the action on a terminal that follows the options. Failures are printed, not thrown. */
  readonly run: (options: CommonOptions, action: CommandAction) => Promise<void>;
}
