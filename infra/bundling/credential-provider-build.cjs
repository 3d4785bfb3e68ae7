// The AWS SDK's credentials in a CodeBuild build: from the container endpoint in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (AWS SDKs and
// tools reference guide, "Container credential provider"). They are renewed before they expire.
"use strict";

const { fromHttp } = require("@aws-sdk/credential-provider-http");

module.exports = { defaultProvider: (init) => fromHttp(init) };
