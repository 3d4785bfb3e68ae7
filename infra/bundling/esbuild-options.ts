/** Dependencies that still `require` need a `require` inside an ES module. */
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** Options of esbuild for the command and the functions: for Node, minified. */
export const NODE_BUNDLE = {
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"] as string[],
  // Leaves out undici's second parser, as Node's own build of undici does.
  define: { esbuildDetection: "true" },
  // Parsers that undici loads only on request, or where the one it prefers cannot run: a third of a bundle.
  external: ["../milo/*", "../llhttp/llhttp-wasm.js"] as string[],
} as const;

/** ES modules, in parts that are loaded when they are needed. */
export const ESM = {
  splitting: true,
  format: "esm",
  outExtension: { ".js": ".mjs" },
  banner: { js: REQUIRE },
} as const;
