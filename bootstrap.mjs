// Runs a program of this project on any Node >= 18: installs what package-lock.json names, once, then continues
// on the Node 24 that came with it (or on this one, if it is new enough). Plain JavaScript, no dependency.
import { createRequire } from "node:module";

// Modules of Node are required, not imported: an import reads all their properties, and getters among them load more modules.
const require = createRequire(import.meta.url);
const { renameSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const { dirname, join, resolve } = require("node:path");
const { fileURLToPath, pathToFileURL } = require("node:url");

const NODE_MAJOR = 24;
// Blobs pass through in pieces that live for moments: a small young generation keeps 70 MiB less of them around.
const YOUNG_GENERATION = "--max-semi-space-size=4";
const root = dirname(fileURLToPath(import.meta.url));
const lockfile = join(root, "package-lock.json");
const installed = join(root, "node_modules", ".package-lock.json");
const cache = join(root, "node_modules", ".cache");
// The second start need not strip and compile the same files again (Node >= 22.8): it takes half the time then.
const compiled = join(cache, "compiled");
const checked = join(cache, "lockfiles");

/** Size and time of both lockfiles: while they are the same, nothing was installed or removed, and nothing needs to be. */
function stampOfLockfiles() {
  const files = [lockfile, installed].map((path) => statSync(path, { throwIfNoEntry: false }));
  return files.map((file) => `${file?.size} ${file?.mtimeMs}`).join("\n");
}

/** The packages a lockfile names, or undefined when the file is not there. */
function lockedPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : undefined;
}

/** True when node_modules holds exactly the versions of package-lock.json (npm records what it installed). */
function isInstalled() {
  const stamp = stampOfLockfiles();
  if (existsSync(checked) && readFileSync(checked, "utf8") === stamp) return true;
  const wanted = lockedPackages(lockfile);
  const found = lockedPackages(installed);
  if (found === undefined) return false;
  const isSame = Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    return found[path]?.version === entry.version || (found[path] === undefined && entry.optional);
  });
  if (isSame) keep(stamp);
  return isSame;
}

/** Renamed into place, because programs may start at the same time. A folder that cannot be written only costs the next start time. */
function keep(stamp) {
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${checked}.${process.pid}`, stamp);
    renameSync(`${checked}.${process.pid}`, checked);
  } catch {}
}

function install() {
  const { spawnSync } = require("node:child_process");
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
  const child = require("node:child_process").spawn(node, [YOUNG_GENERATION, program, ...args], {
    stdio: "inherit",
    env,
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

// Below another program of this checkout, such as a test run, nothing is installed: that would remove the modules from under it.
if (process.env.BOOTSTRAPPED_IN !== root && !isInstalled()) install();
process.env.BOOTSTRAPPED_IN = root;
const program = resolve(root, process.argv[2]);
const args = process.argv.slice(3);
const node = ownNode();
if (node === undefined) {
  // The command does the same when its modules are loaded: V8 rejects the compiled code of Node's modules after a change of a flag.
  if (program !== join(root, "cli", "main.ts")) {
    const { setFlagsFromString } = require("node:v8");
    setFlagsFromString(YOUNG_GENERATION);
    // What has been allocated already is not taken back, so it must not grow either.
    setFlagsFromString("--semi-space-growth-factor=1");
  }
  require("node:module").enableCompileCache?.(compiled);
  process.argv = [process.execPath, program, ...args];
  await import(pathToFileURL(program).href);
} else {
  runOn(node, program, args);
}
