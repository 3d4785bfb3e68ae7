// Google's library reads the metadata of Google's own machines with it; a Lambda function never runs on one.
"use strict";

module.exports = JSON;
