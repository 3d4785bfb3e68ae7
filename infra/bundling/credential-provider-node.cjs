// The AWS SDK's credentials in a Lambda function: only from environment variables (AWS Lambda developer guide, "Defined runtime
// environment variables"), without profiles, single sign-on and instance metadata.
"use strict";

const { fromEnv } = require("@aws-sdk/credential-provider-env");

module.exports = { defaultProvider: (init) => fromEnv(init) };
