import { build } from "esbuild";
import type { BuildOptions, Metafile, Plugin } from "esbuild";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildConsole } from "./console/build.ts";
import { ESM, NODE_BUNDLE } from "./infra/bundling/esbuild-options.ts";

// `npm run build [-- FOLDER] [--inputs FILE]`: the command as it is installed, in dist/ or another folder. freightliner.mjs starts
// main.mjs with Node's compile cache; parts/ holds what only some commands load. FILE says which modules each file holds (esbuild,
// "Metafile"). Commands that start often are scripts of their own, see `runScript`.

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** Replacements of packages of which the command needs only a part. */
const LEANER = {
  undici: path("infra/bundling/undici-with-proxies.cjs"),
  "node:http2": path("infra/bundling/http2.cjs"),
};

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

/** Commands that are built as a script each, and the packages that only some of their runs need. */
const SCRIPTS = { copy: ["yaml", "picomatch"], sync: ["picomatch"] } as const;

/** A script knows all commands, for its help, and has the implementation of its own. Others never run in it. */
const withoutOthers = (name: string, packages: readonly string[]): Plugin => ({
  name: "without-others",
  setup(building) {
    building.onResolve({ filter: /^\w+$/ }, ({ path }) =>
      packages.includes(path) ? { path: `./parts/${path}.cjs`, external: true } : undefined,
    );
    building.onResolve({ filter: /^\.\.?\// }, ({ kind, importer }) => {
      const isOther =
        kind === "dynamic-import" && /\/cli\/commands\//.test(importer) && !importer.endsWith(`/${name}.ts`);
      return isOther ? { path: "./main.mjs", external: true } : undefined;
    });
    building.onResolve({ filter: /\/otlp-tracing\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./parts/otlp-tracing.cjs", external: true } : undefined,
    );
  },
});

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
await import(${JSON.stringify(Object.keys(SCRIPTS))}.includes(process.argv[2]) ? "./start-cached.mjs" : "./main.mjs");
`;

const { values, positionals } = parseArgs({ options: { inputs: { type: "string" } }, allowPositionals: true });
const output = resolve(positionals[0] ?? path("dist"));
mkdirSync(output, { recursive: true });
// Names of parts change with their content.
rmSync(join(output, "parts"), { recursive: true, force: true });
const common = {
  ...NODE_BUNDLE,
  outdir: output,
  metafile: true,
  alias: LEANER,
  logLevel: "warning",
} satisfies BuildOptions;
const SCRIPT = { format: "cjs", outExtension: { ".js": ".cjs" } } as const satisfies BuildOptions;

const modules = await build({
  ...common,
  ...ESM,
  entryPoints: [path("cli/main.ts"), path("cli/start/start-cached.ts")],
  entryNames: "[name]",
  chunkNames: "parts/[name]-[hash]",
  plugins: [leanBuiltins],
});
const packages = await build({
  ...common,
  ...SCRIPT,
  entryPoints: [
    ...[...new Set(Object.values(SCRIPTS).flat())].map((name) => ({ in: name, out: `parts/${name}` })),
    { in: path("src/tracing/otlp-tracing.ts"), out: "parts/otlp-tracing" },
  ],
  plugins: [leanBuiltins],
});
const scripts = await Promise.all(Object.entries(SCRIPTS).map(([name, rare]) => buildScript(name, rare)));

/** A function of `require` that runs the program. */
async function buildScript(name: string, rare: readonly string[]): Promise<{ readonly metafile: Metafile }> {
  return build({
    ...common,
    ...SCRIPT,
    entryPoints: [{ in: path("cli/main.ts"), out: name }],
    banner: { js: "(function (require) {" },
    footer: { js: "})" },
    plugins: [withoutOthers(name, rare), leanBuiltins],
  });
}

const outputs = Object.assign({}, ...[modules, packages, ...scripts].map(({ metafile }) => metafile.outputs));
await buildConsole(join(output, "console"));
if (values.inputs !== undefined) writeFileSync(values.inputs, JSON.stringify({ inputs: {}, outputs }));
writeFileSync(join(output, "freightliner.mjs"), START, { mode: 0o755 });
