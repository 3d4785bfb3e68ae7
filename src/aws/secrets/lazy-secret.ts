/**
 * Reads the text of a secret, of which nothing is loaded before its first use: most processes never read it.
 * @returns undefined without an ARN.
 */
export function lazySecret(arn: string | undefined): ((signal: AbortSignal) => Promise<string>) | undefined {
  if (arn === undefined) return undefined;
  let reading: Promise<(signal: AbortSignal) => Promise<string>> | undefined;
  return async (signal) => {
    const read = await (reading ??= import("./open-secret.ts").then(({ openSecret }) => openSecret(arn)));
    return read(signal);
  };
}
