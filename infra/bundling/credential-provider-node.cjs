// Where the AWS SDK looks for credentials. A Lambda function has them in its environment and nowhere else (AWS Lambda developer
// guide, "Defined runtime environment variables"): no profiles, no single sign-on, no instance metadata.
"use strict";

const { fromEnv } = require("@aws-sdk/credential-provider-env");

module.exports = { defaultProvider: (init) => fromEnv(init) };
