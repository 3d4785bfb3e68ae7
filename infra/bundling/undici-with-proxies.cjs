// What undici.cjs has, and proxies, which only the command uses: their modules are evaluated when there is one.
"use strict";

module.exports = {
  ...require("./undici.cjs"),
  get ProxyAgent() {
    return require("../../node_modules/undici/lib/dispatcher/proxy-agent.js");
  },
};
