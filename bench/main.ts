import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { benchConsole } from "./bench-console.ts";
import { benchCopies } from "./bench-copies.ts";
import { benchFlame } from "./bench-flame.ts";
import { benchMemory } from "./bench-memory.ts";
import { parseBenchOptions } from "./options.ts";
import { buildOwn, GoBuildError } from "./peers/build-peer.ts";
import { benchVisible } from "./bench-visible.ts";

// `npm run bench`: this project beside its peers, in alternating runs. `npm run bench -- visible`: from push to visible.
// `npm run bench -- memory`: what copies cost with each memory size of the function. `npm run bench -- flame`: where the CPU time goes.
// `npm run bench -- console`: frames of the console's table of 100,000 tags.

/** The proxy whose CPU is small; undefined without Go. */
function buildProxy(): string | undefined {
  try {
    return buildOwn(new URL("./link/latency/main.go", import.meta.url), "latency");
  } catch (error) {
    if (!(error instanceof GoBuildError)) throw error;
    process.stderr.write(`${error.message}\nGoing on with the latency proxy in Node, which takes more CPU.\n`);
    return undefined;
  }
}

const options = parseBenchOptions(process.argv.slice(2));
const proxy = options.command === "console" ? undefined : buildProxy();
switch (options.command) {
  case "copies":
    execFileSync(process.execPath, [fileURLToPath(new URL("../build.ts", import.meta.url))]);
    await benchCopies(options, proxy);
    break;
  case "visible":
    await benchVisible(options, proxy);
    break;
  case "memory":
    await benchMemory({ rounds: options.rounds, proxy });
    break;
  case "flame":
    await benchFlame(options);
    break;
  case "console":
    await benchConsole(options);
    break;
}
