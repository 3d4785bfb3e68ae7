// The part of Google's library that the functions use: federation and keys, without the discovery of other credentials.
"use strict";

const { AwsClient } = require("../../node_modules/google-auth-library/build/src/auth/awsclient.js");
const { JWT } = require("../../node_modules/google-auth-library/build/src/auth/jwtclient.js");

module.exports = { AwsClient, JWT };
