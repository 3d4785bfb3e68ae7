/** Exit codes of the command; scripts may rely on them. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What each exit code says. Beyond 128 it is the number of a signal, as shells have it. */
export const EXIT_CODES: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [ExitCode.ok, "done, or nothing was left to do"],
  [ExitCode.failed, "it was tried and failed; verify: there is a difference, or something could not be compared"],
  [ExitCode.usage, "the command line or a file it names is wrong; nothing was tried"],
  [ExitCode.notFound, "there is no such image, tag or stack entry"],
  [ExitCode.interrupted, "interrupted (Ctrl-C)"],
  [ExitCode.brokenPipe, "the reader of the output is gone"],
  [ExitCode.terminated, "terminated by another program (SIGTERM)"],
];
