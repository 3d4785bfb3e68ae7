import { randomUUID } from "node:crypto";
import { existsSync, globSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What the console is made of. Of the API, it uses only types. */
const SOURCES = ["console/**/*.{ts,tsx,css,html,svg}"];

/** Builds the console into a folder, which it replaces as a whole. */
export async function buildConsole(folder: string): Promise<void> {
  replace(folder, await buildBeside(folder));
}

/** Builds the console unless the folder has it, from the present sources. Processes and threads may do so at the same time. */
export async function buildConsoleOnce(folder: string): Promise<void> {
  if (isBuilt(folder)) return;
  const fresh = await buildBeside(folder);
  // Another one was faster, and may read its files now.
  if (isBuilt(folder)) rmSync(fresh, { recursive: true, force: true });
  else replace(folder, fresh);
}

/** @returns a folder that no one else uses. */
async function buildBeside(folder: string): Promise<string> {
  // Loaded here: a start that finds the console built needs no bundler.
  const { build } = await import("vite");
  const fresh = `${folder}.${randomUUID()}`;
  mkdirSync(dirname(folder), { recursive: true });
  await build({ configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)), build: { outDir: fresh } });
  return fresh;
}

function replace(folder: string, fresh: string): void {
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another one was faster by a moment.
    if (!existsSync(folder)) throw error;
  }
}

function isBuilt(folder: string): boolean {
  const built = statSync(`${folder}/index.html`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(SOURCES, { cwd: ROOT, exclude: ["**/node_modules/**"] });
  return built >= Math.max(...sources.map((path) => statSync(`${ROOT}/${path}`).mtimeMs));
}
