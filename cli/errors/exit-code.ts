/** Exit codes of the command; scripts may rely on them. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** Of `plan` only, as `terraform plan -detailed-exitcode`; a wrong command line of it is a failure. */
  changes: 2,
  notFound: 3,
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The meaning of each exit code. Codes above 128 are 128 plus the number of a signal, as in shells. */
export const EXIT_CODES: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [ExitCode.ok, "success, or nothing to do"],
  [
    ExitCode.failed,
    "failure; verify: the images differ, or something could not be compared; plan: also a wrong command line",
  ],
  [
    ExitCode.usage,
    "the command line or a file it names is wrong, nothing was done; plan: something would be copied or deleted",
  ],
  [ExitCode.notFound, "no such image, tag or stack entry; config explain: no rule copies the image"],
  [ExitCode.interrupted, "interrupted (Ctrl-C)"],
  [ExitCode.brokenPipe, "the reader of the output has exited"],
  [ExitCode.terminated, "terminated by another program (SIGTERM)"],
];
