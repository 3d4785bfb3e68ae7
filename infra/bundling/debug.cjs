// Replaces the package debug, with which the dependencies of Google's library write debug output; the functions do not need it.
"use strict";

module.exports = () => () => undefined;
module.exports.default = module.exports;
