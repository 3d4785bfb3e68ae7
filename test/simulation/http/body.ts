import { errors } from "undici";
import type { HttpBody } from "../../../src/registry/http/http-message.ts";
import type { Process } from "../world/process.ts";

/** How a response body arrives. */
export type BodyFate = "whole" | "ends-early" | "silent" | "drips";

const SHORT_BYTES = 1_024;
/** Milliseconds between two bytes: too few for a socket timeout. */
const DRIP_MS = 1_000;
/** The `bodyTimeout` of our connections, in milliseconds. */
const BODY_TIMEOUT_MS = 15_000;

/** A body on the virtual clock. `destroy` and the request's signal end it at once, as with undici. */
export function createBody(process: Process, bytes: Uint8Array, fate: BodyFate, signal: AbortSignal): HttpBody {
  const dump = (): Promise<void> => Promise.resolve();
  if (fate === "whole") {
    // A short body arrives with the head.
    const take = (): Uint8Array | undefined => (bytes.byteLength <= SHORT_BYTES ? bytes : undefined);
    return { [Symbol.asyncIterator]: () => whole(bytes), take, dump, destroy: () => undefined };
  }
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
    take: () => undefined,
    dump,
    destroy: (error) => cut.abort(error ?? new Error("the body was destroyed")),
  };
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield await Promise.resolve(bytes);
}

interface Piece {
  readonly afterMs: number;
  /** Undefined where the body breaks off. */
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
