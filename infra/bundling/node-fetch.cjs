// Google's library brings a fetch of its own; Node has one.
"use strict";

module.exports = globalThis.fetch;
