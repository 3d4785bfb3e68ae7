// All of Google's library that the functions use: federation and keys, without its search for whatever else there may be.
"use strict";

const { AwsClient } = require("../../node_modules/google-auth-library/build/src/auth/awsclient.js");
const { JWT } = require("../../node_modules/google-auth-library/build/src/auth/jwtclient.js");

module.exports = { AwsClient, JWT };
