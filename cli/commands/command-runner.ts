import type { ExitCode } from "../errors/exit-code.ts";
import type { CommonOptions, Terminal } from "../terminal/terminal.ts";

/** What a command does, once its options are read. */
export type CommandAction = (terminal: Terminal, signal: AbortSignal) => Promise<ExitCode>;

/** One run of the command. */
export interface CommandRunner {
  /** Carries out a command on the terminal its options ask for. Its failures are shown, not thrown. */
  readonly run: (options: CommonOptions, work: CommandAction) => Promise<void>;
}
