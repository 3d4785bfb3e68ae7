import { LOCAL_STACK } from "../../src/wiring/operations/local-stack-access.ts";

/** The account and region of every emulator. */
export const LOCAL_ACCOUNT = "123456789012";
export const LOCAL_REGION = LOCAL_STACK.region;

/** Credentials that belong to no AWS account: the key of tests, and of functions before they get the stack's key. */
export const LOCAL_CREDENTIALS = {
  accessKeyId: "AKIALOCALLOCALLOCAL1",
  secretAccessKey: LOCAL_STACK.secretAccessKey,
} as const;

/** Configuration of an AWS client that calls an emulator. */
export const LOCAL_AWS = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS } as const;
