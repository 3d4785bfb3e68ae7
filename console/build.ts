import { existsSync, globSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What the console is made of. Of the API, it uses only types. */
const SOURCES = ["console/**/*.{ts,tsx,css,html,svg}"];

/** Builds the console into a folder, which it replaces as a whole: processes may do so at the same time. */
export async function buildConsole(folder: string): Promise<void> {
  // Loaded here: a start that finds the console built needs no bundler.
  const { build } = await import("vite");
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  await build({ configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)), build: { outDir: fresh } });
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another process was faster.
    if (!existsSync(folder)) throw error;
  }
}

/** Builds the console unless the folder has it, from the present sources. */
export async function buildConsoleOnce(folder: string): Promise<void> {
  const built = statSync(`${folder}/index.html`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(SOURCES, { cwd: ROOT, exclude: ["**/node_modules/**"] });
  const newest = Math.max(...sources.map((path) => statSync(`${ROOT}/${path}`).mtimeMs));
  if (built < newest) await buildConsole(folder);
}
