// Replaces the package json-bigint, with which Google's library parses instance metadata; a Lambda function has none.
"use strict";

module.exports = JSON;
