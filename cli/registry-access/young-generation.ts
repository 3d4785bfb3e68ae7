import { setFlagsFromString } from "node:v8";

/**
 * Keeps the memory of a process small through which blobs pass. Called when the modules of the command are loaded: after a change of a
 * flag, V8 rejects the compiled code that Node brings for its own modules, and compiles each module that is loaded later.
 */
export function limitYoungGeneration(): void {
  // Blobs pass through in pieces that live for moments: a small young generation keeps 70 MiB less of them around.
  setFlagsFromString("--max-semi-space-size=4");
  // What has been allocated already is not taken back, so it must not grow either.
  setFlagsFromString("--semi-space-growth-factor=1");
}
