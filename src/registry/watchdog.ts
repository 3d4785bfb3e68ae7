/** A stream gives bytes too slowly to ever finish. */
export class StallError extends Error {
  override readonly name = "StallError";
}

/** No byte for this long: the stream is dead. */
const SILENCE_MS = 10_000;
/** Fewer than this many bytes in this many milliseconds of waiting: it drips, which no socket timeout notices. */
const FLOOR_BYTES: number = 64 * 1024;
const FLOOR_MS = 15_000;

interface Body extends AsyncIterable<unknown> {
  destroy(error?: Error): unknown;
}

/** Passes a body's bytes on, and breaks it when it stalls or drips. Time the reader takes for itself does not count. */
export async function* watched(body: Body, now: () => number): AsyncGenerator<Uint8Array> {
  let waiting = false;
  let waited = 0;
  let received = 0;
  let since = now();
  const timer = setTimeout(() => {
    if (waiting) body.destroy(new StallError(`no byte for ${SILENCE_MS / 1_000} s`));
    else timer.refresh();
  }, SILENCE_MS);
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      waiting = true;
      since = now();
      timer.refresh();
      const next = await iterator.next();
      waiting = false;
      waited += now() - since;
      if (next.done === true) return;
      if (!(next.value instanceof Uint8Array)) throw new TypeError("an HTTP body gives bytes");
      received += next.value.byteLength;
      if (waited >= FLOOR_MS) {
        if (received < FLOOR_BYTES) throw new StallError(`${received} bytes in ${Math.round(waited / 1_000)} s`);
        waited = 0;
        received = 0;
      }
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}
