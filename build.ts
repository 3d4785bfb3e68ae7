import { build } from "esbuild";
import type { Plugin } from "esbuild";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

// `npm run build [-- FOLDER] [--inputs FILE]`: the command as it is installed, in dist/ or another folder. freightliner.mjs starts
// main.mjs with Node's compile cache; parts/ holds what only some commands load. FILE says which modules each file holds (esbuild,
// "Metafile").

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** Dependencies that still `require` need a `require` inside an ES module. */
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
/** Replacements of packages of which the command needs only a part. */
const LEANER = {
  undici: path("infra/bundling/undici-with-proxies.cjs"),
  "node:http2": path("infra/bundling/http2.cjs"),
};
/** Parsers that undici loads only when asked to, or where the one it prefers cannot run. */
const NEVER_LOADED = ["../milo/*", "../llhttp/llhttp-wasm.js"];

/**
 * Modules of Node without their ES module form. Node builds that form by reading every property, and the getters among them load
 * modules that no command needs: half of the time that `help` took beyond Node's own. Each importer gets a copy, which holds only the
 * names that this importer uses.
 */
const leanBuiltins: Plugin = {
  name: "lean-builtins",
  setup(building) {
    building.onResolve({ filter: /^[a-z0-9:/_]+$/ }, ({ path, kind, importer }) =>
      kind === "import-statement" && isBuiltin(path)
        ? { path, suffix: `?${importer}`, namespace: "builtin", sideEffects: false }
        : undefined,
    );
    building.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path, suffix }) => ({
      contents: suffix.includes("/commander/") && path === "node:child_process" ? SPAWN_LATER : leanModule(path),
    }));
  },
};

/** commander starts programs for commands that are files; ours has none, and node:child_process loads the modules of sockets. */
const SPAWN_LATER = `export default { spawn: (...given) => process.getBuiltinModule("node:child_process").spawn(...given) };`;

/** The source of a module that reads a property of `name` only if the property is imported. */
function leanModule(name: string): string {
  const names = Object.keys(process.getBuiltinModule(name) ?? {}).filter((each) => /^[\w$]+$/.test(each));
  const exported = names.map((each, i) => `const _${i} = /* @__PURE__ */ (() => it.${each})();`);
  const list = names.map((each, i) => `_${i} as ${each}`).join();
  return `const it = process.getBuiltinModule(${JSON.stringify(name)}); ${exported.join("")} export { it as default, ${list} };`;
}

/** Modules of Node are fetched as in the parts, see `leanBuiltins`. */
const START = `#!/usr/bin/env node
const { getBuiltinModule, versions, env } = process;
if (Number(versions.node.split(".")[0]) < 24) {
  console.error("freightliner: needs Node 24 or newer; this is " + process.version);
  process.exit(1);
}
// Not below the folder for temporary files, as Node has it: others may write there.
const { join } = getBuiltinModule("node:path");
if (!env.NODE_COMPILE_CACHE) {
  const caches = env.XDG_CACHE_HOME || join(getBuiltinModule("node:os").homedir(), ".cache");
  getBuiltinModule("node:module").enableCompileCache(join(caches, "freightliner"));
}
await import("./main.mjs");
`;

const { values, positionals } = parseArgs({ options: { inputs: { type: "string" } }, allowPositionals: true });
const output = resolve(positionals[0] ?? path("dist"));
mkdirSync(output, { recursive: true });
// Names of parts change with their content.
rmSync(join(output, "parts"), { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [path("cli/main.ts")],
  outdir: output,
  outExtension: { ".js": ".mjs" },
  chunkNames: "parts/[name]-[hash]",
  splitting: true,
  metafile: true,
  bundle: true,
  minify: true,
  platform: "node",
  format: "esm",
  target: "node24",
  mainFields: ["module", "main"],
  banner: { js: REQUIRE },
  alias: LEANER,
  // Leaves out undici's second parser, as Node's own build of undici does.
  define: { esbuildDetection: "true" },
  external: NEVER_LOADED,
  plugins: [leanBuiltins],
  logLevel: "warning",
});
if (values.inputs !== undefined) writeFileSync(values.inputs, JSON.stringify(metafile));
writeFileSync(join(output, "freightliner.mjs"), START, { mode: 0o755 });
