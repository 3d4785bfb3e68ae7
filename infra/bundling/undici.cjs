// The part of undici that the functions use, without fetch, WebSocket, cache and mocks: half of its size.
"use strict";

const Pool = require("../../node_modules/undici/lib/dispatcher/pool.js");
const Dispatcher = require("../../node_modules/undici/lib/dispatcher/dispatcher.js");

Dispatcher.prototype.request = require("../../node_modules/undici/lib/api/api-request.js");
module.exports = { Pool, buildConnector: require("../../node_modules/undici/lib/core/connect.js") };
