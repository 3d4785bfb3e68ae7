// The AWS SDK's credentials in a Lambda function: only from environment variables (AWS Lambda developer guide, "Defined runtime
// environment variables"), without profiles, single sign-on and instance metadata. An ES module: esbuild wraps every module that a
// `require` reaches, here most of the SDK, and keeps what is not used of it.
import { fromEnv } from "@aws-sdk/credential-provider-env";

export const defaultProvider = (init) => fromEnv(init);
