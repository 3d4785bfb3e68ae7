#!/usr/bin/env node
// The `freightliner` command: installs what is missing, then runs cli/main.ts on the Node the project brings.
process.argv.splice(2, 0, "cli/main.ts");
await import("./bootstrap.mjs");
