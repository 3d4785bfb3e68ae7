import type { Clock } from "../oci/clock.ts";

/** A stream gives bytes too slowly to ever finish. */
export class StallError extends Error {
  override readonly name = "StallError";
}

/** How long transfers are waited for. */
export interface Patience {
  /** No byte from a source for this long: the stream is dead. */
  readonly silenceMs: number;
  /** Fewer than `floorBytes` in `floorMs` of waiting: it drips, which no socket timeout notices. */
  readonly floorBytes: number;
  readonly floorMs: number;
  /** A target that takes no byte for this long has stopped reading. */
  readonly unreadMs: number;
  /** How long a target may take to answer when it has every byte. */
  readonly answerMs: number;
}

export const PATIENCE: Patience = {
  silenceMs: 10_000,
  floorBytes: 64 * 1024,
  floorMs: 15_000,
  unreadMs: 15_000,
  answerMs: 60_000,
};

interface Body extends AsyncIterable<unknown> {
  destroy(error?: Error): unknown;
  on(event: "error", listener: () => void): unknown;
}

/** Passes a body's bytes on, and breaks it when it stalls or drips. Time the reader takes for itself does not count. */
export async function* watched(body: Body, clock: Clock, patience: Patience): AsyncGenerator<Uint8Array> {
  const { silenceMs, floorBytes, floorMs } = patience;
  let waiting = false;
  let waited = 0;
  let received = 0;
  let since = clock.now();
  let cancel = clock.after(silenceMs, look);
  /** Comes by no oftener than a silence may last, however many bytes there are. */
  function look(): void {
    const left = waiting ? since + silenceMs - clock.now() : silenceMs;
    if (left > 0) cancel = clock.after(left, look);
    else body.destroy(new StallError(`no byte for ${silenceMs / 1_000} s`));
  }
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      waiting = true;
      since = clock.now();
      const next = await iterator.next();
      waiting = false;
      waited += clock.now() - since;
      if (next.done === true) return;
      if (!(next.value instanceof Uint8Array)) throw new TypeError("an HTTP body gives bytes");
      received += next.value.byteLength;
      if (waited >= floorMs) {
        if (received < floorBytes) throw new StallError(`${received} bytes in ${Math.round(waited / 1_000)} s`);
        waited = 0;
        received = 0;
      }
      yield next.value;
    }
  } finally {
    cancel();
    // Left early, it complains about that to nobody.
    body.on("error", () => undefined);
    body.destroy();
  }
}

/** An upload's bytes on their way, watched until the target has answered. */
export interface WatchedUpload {
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted when the target takes no byte, or gives no answer, for too long. */
  readonly signal: AbortSignal;
  /** Milliseconds since the first byte was asked for, without the time the bytes took to come. */
  tookMs(): number;
  /** Ends the watch; to be called once the upload has ended, well or not. */
  end(): void;
}

/** Watches who reads: time the bytes take to come does not count. */
export function watchUpload(
  bytes: AsyncIterable<Uint8Array>,
  clock: Clock,
  { unreadMs, answerMs }: Patience,
): WatchedUpload {
  const stalled = new AbortController();
  let cancel = (): void => undefined;
  let startedAt: number | undefined;
  let waitedMs = 0;
  const expect = (ms: number, what: string): void => {
    cancel();
    cancel = clock.after(ms, () => stalled.abort(new StallError(`the target ${what} for ${ms / 1_000} s`)));
  };
  async function* body(): AsyncGenerator<Uint8Array> {
    let asked = (startedAt = clock.now());
    for await (const chunk of bytes) {
      waitedMs += clock.now() - asked;
      expect(unreadMs, "took no byte");
      yield chunk;
      cancel();
      asked = clock.now();
    }
    waitedMs += clock.now() - asked;
    expect(answerMs, "gave no answer");
  }
  return {
    body: body(),
    signal: stalled.signal,
    tookMs: () => (startedAt === undefined ? 0 : clock.now() - startedAt - waitedMs),
    end: () => cancel(),
  };
}
