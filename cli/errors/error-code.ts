/** The code of a system error, such as `ENOENT`; for messages. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
