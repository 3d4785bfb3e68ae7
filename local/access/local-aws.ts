/** The account and region that everything on this machine plays. */
export const LOCAL_ACCOUNT = "123456789012";
export const LOCAL_REGION = "us-east-1";

/** Credentials that no AWS account knows; the emulators take any. */
export const LOCAL_CREDENTIALS = {
  accessKeyId: "AKIALOCALLOCALLOCAL1",
  secretAccessKey: "local-secret-that-opens-nothing",
} as const;

/** Configuration of an AWS client that talks to an emulator. */
export const LOCAL_AWS = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS } as const;
