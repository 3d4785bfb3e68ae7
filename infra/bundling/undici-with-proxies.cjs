// What undici.cjs has, and proxies, which only the command uses: their modules are evaluated when there is one.
"use strict";

module.exports = {
  ...require("./undici.cjs"),
  get ProxyAgent() {
    // A ProxyAgent opens tunnels by the API, which undici's index.js attaches to all dispatchers.
    const Dispatcher = require("../../node_modules/undici/lib/dispatcher/dispatcher.js");
    Dispatcher.prototype.connect = require("../../node_modules/undici/lib/api/api-connect.js");
    return require("../../node_modules/undici/lib/dispatcher/proxy-agent.js");
  },
};
