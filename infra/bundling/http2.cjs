// Replaces node:http2, whose start costs more than that of a small package: connections are HTTP/1.1 (docs/decisions/0006). undici uses
// the same replacement where Node has no HTTP/2.
"use strict";

module.exports = { constants: {} };
