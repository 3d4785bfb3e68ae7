// Runs a program of this project on any Node >= 18: installs what package-lock.json names, once, then continues
// on the Node 24 that came with it (or on this one, if it is new enough). Plain JavaScript, no dependency.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";

const NODE_MAJOR = 24;
// Blobs pass through in pieces that live for moments: a small young generation keeps 70 MiB less of them around.
const YOUNG_GENERATION = "--max-semi-space-size=4";
const root = dirname(fileURLToPath(import.meta.url));
// The second start need not strip and compile the same files again (Node >= 22.8): it takes half the time then.
const compiled = join(root, "node_modules", ".cache", "compiled");

/** The packages a lockfile names, or undefined when the file is not there. */
function lockedPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : undefined;
}

/** True when node_modules holds exactly the versions of package-lock.json (npm records what it installed). */
function isInstalled() {
  const wanted = lockedPackages(join(root, "package-lock.json"));
  const found = lockedPackages(join(root, "node_modules", ".package-lock.json"));
  if (found === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    return found[path]?.version === entry.version || (found[path] === undefined && entry.optional);
  });
}

function install() {
  const started = Date.now();
  console.error("freightliner: installing dependencies from package-lock.json (once, usually under a minute)");
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", args, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error(`freightliner: "npm ${args.join(" ")}" failed; see its message above, then run the command again`);
    process.exit(status ?? 1);
  }
  console.error(`freightliner: installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** The Node to run on: this one if new enough, else the one installed with the project. */
function ownNode() {
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) return undefined;
  const name = process.platform === "win32" ? "node.exe" : "node";
  const folder = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const path = join(root, "node_modules", folder, "bin", name);
  if (existsSync(path)) return path;
  console.error(
    `freightliner: needs Node ${NODE_MAJOR} or newer, and none is packaged for ${process.platform}-${process.arch}; this is ${process.version}`,
  );
  process.exit(1);
}

/** Continues on another Node: signals go through, its exit status becomes ours. */
function runOn(node, program, args) {
  const env = { NODE_COMPILE_CACHE: compiled, ...process.env };
  const child = spawn(node, [YOUNG_GENERATION, program, ...args], { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

if (!isInstalled()) install();
const program = resolve(root, process.argv[2]);
const args = process.argv.slice(3);
const node = ownNode();
if (node === undefined) {
  setFlagsFromString(YOUNG_GENERATION);
  // What has been allocated already is not taken back, so it must not grow either.
  setFlagsFromString("--semi-space-growth-factor=1");
  nodeModule.enableCompileCache?.(compiled);
  process.argv = [process.execPath, program, ...args];
  await import(pathToFileURL(program).href);
} else {
  runOn(node, program, args);
}
