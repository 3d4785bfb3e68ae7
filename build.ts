import { build } from "esbuild";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

// `npm run build [-- FOLDER]`: the command as it is installed, in dist/ or another folder. main.mjs is all of it in one file, in
// which the modules of a command are evaluated when the command runs; freightliner.mjs starts it with Node's compile cache.

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** Dependencies that still `require` need a `require` inside an ES module. */
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
/** Parsers that undici loads only when asked to, or where the one it prefers cannot run. */
const NEVER_LOADED = ["../milo/*", "../llhttp/llhttp-wasm.js"];

/** Sets the flags of V8 that bootstrap.mjs sets and explains. */
const START = `#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
if (Number(process.versions.node.split(".")[0]) < 24) {
  console.error("freightliner: needs Node 24 or newer; this is " + process.version);
  process.exit(1);
}
setFlagsFromString("--max-semi-space-size=4");
setFlagsFromString("--semi-space-growth-factor=1");
// Not below the folder for temporary files, as Node has it: others may write there.
const { NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
if (!NODE_COMPILE_CACHE) enableCompileCache(join(XDG_CACHE_HOME || join(homedir(), ".cache"), "freightliner"));
await import("./main.mjs");
`;

const output = resolve(process.argv[2] ?? path("dist"));
mkdirSync(output, { recursive: true });
await build({
  entryPoints: [path("cli/main.ts")],
  outfile: join(output, "main.mjs"),
  bundle: true,
  minify: true,
  platform: "node",
  format: "esm",
  target: "node24",
  mainFields: ["module", "main"],
  banner: { js: REQUIRE },
  external: NEVER_LOADED,
  logLevel: "warning",
});
writeFileSync(join(output, "freightliner.mjs"), START, { mode: 0o755 });
