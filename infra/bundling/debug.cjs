// What Google's library tells developers of its proxies; a function has none, and a log of its own.
"use strict";

module.exports = () => () => undefined;
module.exports.default = module.exports;
