import { createRequire, getCompileCacheDir } from "node:module";
import { join } from "node:path";
import { createCodeCache } from "./code-cache.ts";
import { runScript } from "./run-script.ts";

// Entry of the built command for those of its commands that are scripts of their own: `copy` and `sync` (build.ts).

const name = process.argv[2] ?? "";
const path = join(import.meta.dirname, `${name}.cjs`);
// Undefined when Node is told to use no cache.
const folder = getCompileCacheDir();
const program = runScript(path, folder === undefined ? undefined : createCodeCache(folder, name));
program(createRequire(path));
