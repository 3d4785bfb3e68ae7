import { readFileSync } from "node:fs";
import { getHeapCodeStatistics, setFlagsFromString } from "node:v8";
import { constants, Script } from "node:vm";
import type { CodeCache } from "./code-cache.ts";

/** The value of a built script: runs the program. */
export type Program = (require: NodeJS.Require) => void;

/** What the command changes (`limitYoungGeneration`, `compileParserOnce`), as it is without the changes. */
const UNCHANGED_FLAGS = [
  "--max-semi-space-size=0",
  "--semi-space-growth-factor=2",
  "--wasm-tier-up",
  "--wasm-dynamic-tiering",
] as const;
/** A process with this many times as much bytecode has called functions that are not in the kept code. */
const WORTH_RENEWING = 1.02;

/**
 * Compiles a built script, with the code that an earlier process left of all functions that it had called. Node's own compile cache keeps
 * only what V8 compiles before a module runs, so each process would compile the functions of a module again, one by one, when it first
 * calls them: a fifth of the CPU time of a copy that has little to do (docs/decisions/0095).
 */
export function runScript(path: string, cache: CodeCache | undefined): Program {
  // Built scripts are ASCII.
  const source = readFileSync(path, "latin1");
  const kept = cache?.read(source);
  const script = new Script(source, {
    filename: path,
    ...(kept === undefined ? {} : { cachedData: kept.code }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const keptBytes = script.cachedDataRejected === true ? 0 : (kept?.bytecodeBytes ?? 0);
  if (cache !== undefined) process.on("exit", (code) => code === 0 && keep(script, source, cache, keptBytes));
  const program: Program = script.runInThisContext();
  return program;
}

function keep(script: Script, source: string, cache: CodeCache, keptBytes: number): void {
  const { bytecode_and_metadata_size: bytecodeBytes } = getHeapCodeStatistics();
  if (keptBytes > 0 && bytecodeBytes < keptBytes * WORTH_RENEWING) return;
  // V8 notes the flags in the code, and rejects code of other flags. The next process compiles before it changes them.
  for (const flag of UNCHANGED_FLAGS) setFlagsFromString(flag);
  cache.write(source, { code: script.createCachedData(), bytecodeBytes });
}
