import type { CloudAccess } from "./open-operations.ts";

/** Region and secret access key of every local stack. Its emulators check only the key ID, so the secret is a constant. */
export const LOCAL_STACK = { region: "us-east-1", secretAccessKey: "local-secret-that-opens-nothing" } as const;

const ADDRESS = /^http:\/\/(?<key>[A-Z0-9]{16,128})@(?<host>127\.0\.0\.1:\d{1,5})\/?$/;

/**
 * How to reach the local stack at the address that `npm start` prints, `http://KEY@127.0.0.1:PORT`. Undefined when the text is not
 * such an address.
 */
export function localStackAccess(address: string): CloudAccess | undefined {
  const { key, host } = ADDRESS.exec(address)?.groups ?? {};
  if (key === undefined) return undefined;
  const { region, secretAccessKey } = LOCAL_STACK;
  return { endpoint: `http://${host}`, region, credentials: { accessKeyId: key, secretAccessKey } };
}
