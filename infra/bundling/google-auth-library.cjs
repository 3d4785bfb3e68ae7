// The part of Google's library that the functions use: federation, keys and ID tokens, without the discovery of other credentials.
"use strict";

const { AwsClient } = require("../../node_modules/google-auth-library/build/src/auth/awsclient.js");
const { JWT } = require("../../node_modules/google-auth-library/build/src/auth/jwtclient.js");

const { OAuth2Client } = require("../../node_modules/google-auth-library/build/src/auth/oauth2client.js");

module.exports = { AwsClient, JWT, OAuth2Client };
