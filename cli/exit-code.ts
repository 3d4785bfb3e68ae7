/** Exit codes of the command; scripts may rely on them. */
export const ExitCode = {
  /** Done, or nothing was left to do. */
  ok: 0,
  /** It was tried and failed. */
  failed: 1,
  /** The command line is wrong; nothing was tried. */
  usage: 2,
  /** The source has no such image. */
  notFound: 3,
  /** Interrupted by a signal. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The command line is wrong; the message says how it should be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
