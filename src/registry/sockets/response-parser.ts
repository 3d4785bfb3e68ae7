import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 compile undici's parser of responses, which is WebAssembly, once only. By default V8 compiles its largest function again after
 * some twenty responses, optimised: that costs 245 million instructions in each new process and function instance, and 100,000 responses
 * are not enough to gain it back.
 *
 * Called when all modules are loaded and before the first response: after a change of a flag, V8 rejects the compiled code that Node brings for
 * its own modules, and compiles each module that is loaded later.
 */
export function compileParserOnce(): void {
  setFlagsFromString("--no-wasm-tier-up");
  setFlagsFromString("--no-wasm-dynamic-tiering");
}
