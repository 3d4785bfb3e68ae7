// Where the AWS SDK looks for credentials. A build of CodeBuild has those of its role at an address of its container, named in
// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (AWS SDKs and tools reference guide, "Container credential provider"). They are renewed before they end.
"use strict";

const { fromHttp } = require("@aws-sdk/credential-provider-http");

module.exports = { defaultProvider: (init) => fromHttp(init) };
