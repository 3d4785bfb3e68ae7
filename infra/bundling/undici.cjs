// The part of undici that the functions use, without its API, fetch, WebSocket, cache and mocks: less than half of its size.
"use strict";

module.exports = {
  Pool: require("../../node_modules/undici/lib/dispatcher/pool.js"),
  buildConnector: require("../../node_modules/undici/lib/core/connect.js"),
};
