// Replaces the package node-fetch, the fetch of Google's library; Node has its own.
"use strict";

module.exports = globalThis.fetch;
