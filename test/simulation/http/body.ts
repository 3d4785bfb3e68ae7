import { errors } from "undici";
import type { HttpBody } from "../../../src/registry/http/http.ts";
import type { Process } from "../world.ts";

/** How the body of an answer comes. */
export type BodyFate = "whole" | "ends-early" | "silent" | "drips";

/** One byte in so long, in milliseconds: no socket timeout notices. */
const DRIP_MS = 1_000;
/** undici gives up a body that is silent for so long (`bodyTimeout` of our connections), in milliseconds. */
const BODY_TIMEOUT_MS = 15_000;

/** A body on the virtual clock. Like undici's: cut off by `destroy` and by the request's signal, at once. */
export function createBody(process: Process, bytes: Uint8Array, fate: BodyFate, signal: AbortSignal): HttpBody {
  const dump = (): Promise<void> => Promise.resolve();
  const on = (): void => undefined;
  if (fate === "whole") return { [Symbol.asyncIterator]: () => whole(bytes), dump, destroy: on, on };
  const breaks = fate;
  const cut = new AbortController();

  async function* chunks(): AsyncGenerator<Uint8Array> {
    const either = AbortSignal.any([signal, cut.signal]);
    for (const { afterMs, chunk } of piecesOf(bytes, breaks)) {
      if (afterMs > 0) await process.sleep(afterMs, either);
      cut.signal.throwIfAborted();
      if (chunk !== undefined) yield chunk;
      else throw fate === "silent" ? new errors.BodyTimeoutError() : new errors.SocketError("other side closed");
    }
  }

  return {
    [Symbol.asyncIterator]: chunks,
    dump,
    destroy: (error) => cut.abort(error ?? new Error("the body was destroyed")),
    on,
  };
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield await Promise.resolve(bytes);
}

interface Piece {
  readonly afterMs: number;
  /** Undefined for the break. */
  readonly chunk: Uint8Array | undefined;
}

function* piecesOf(bytes: Uint8Array, fate: Exclude<BodyFate, "whole">): Generator<Piece> {
  if (fate === "drips") {
    for (let at = 0; at < bytes.byteLength; at++) yield { afterMs: DRIP_MS, chunk: bytes.subarray(at, at + 1) };
    return;
  }
  yield { afterMs: 0, chunk: bytes.subarray(0, bytes.byteLength >> 1) };
  yield { afterMs: fate === "silent" ? BODY_TIMEOUT_MS : 1, chunk: undefined };
}
