import type { Clock } from "../../async/clock.ts";
import { linkAbort } from "../../async/linked-abort.ts";

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
  /** How long a target may take to answer when it has every byte of a manifest. */
  readonly answerMs: number;
  /** How long a target may take to commit a blob of which it has every byte, beside its size: {@link commitWithin}. */
  readonly commitMs: number;
  /** How long the head of an answer may take, informational ones (1xx) and headers that drip included. */
  readonly headMs: number;
  /** How long an answer that is read whole may take to come, whatever its pace. */
  readonly wholeMs: number;
  /** How long a body that is not needed may take to end, so that its connection can be used again. */
  readonly restMs: number;
}

/**
 * Bytes that a registry commits in a millisecond, at the least: stores that copy objects on commit take minutes for some
 * gigabytes.
 */
const COMMIT_BYTES_PER_MS = 10_000;

/** How long the answer to an upload may take, in milliseconds: it grows with what was sent. */
export function commitWithin({ commitMs }: Patience, bytes: number): number {
  return commitMs + Math.ceil(bytes / COMMIT_BYTES_PER_MS);
}

/** What it takes to watch an answer. */
export interface Watch {
  readonly clock: Clock;
  readonly patience: Patience;
}

export const PATIENCE: Patience = {
  silenceMs: 10_000,
  floorBytes: 64 * 1024,
  floorMs: 15_000,
  unreadMs: 15_000,
  answerMs: 60_000,
  commitMs: 300_000,
  headMs: 20_000,
  wholeMs: 60_000,
  restMs: 1_000,
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

/** As {@link watched}, for an answer that is read whole: it has an end in any case. */
export async function* watchedWhole(body: Body, { clock, patience }: Watch): AsyncGenerator<Uint8Array> {
  const { wholeMs } = patience;
  const late = (): unknown => body.destroy(new StallError(`not whole after ${wholeMs / 1_000} s`));
  const cancel = clock.after(wholeMs, late);
  try {
    yield* watched(body, clock, patience);
  } finally {
    cancel();
  }
}

/** Waits for the head of an answer for so long. What `send` began is aborted when it takes longer. */
export async function headWithin<T>(
  send: (signal: AbortSignal) => Promise<T>,
  clock: Clock,
  limitMs: number,
  signal: AbortSignal,
): Promise<T> {
  using late = linkAbort(signal);
  const cancel = clock.after(limitMs, () => late.abort(new StallError(`no answer for ${limitMs / 1_000} s`)));
  try {
    return await send(late.signal);
  } finally {
    cancel();
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

/**
 * Bytes handed over at once: progress is seen by these. Larger pieces, as read-ahead gives them, would make a target that
 * takes bytes all the time look as if it had stopped.
 */
const UPLOAD_PIECE_BYTES = 64 * 1024;

/** Watches who reads: time the bytes take to come does not count. */
export function watchUpload(bytes: AsyncIterable<Uint8Array>, clock: Clock, patience: Patience): WatchedUpload {
  const { unreadMs } = patience;
  const stalled = new AbortController();
  let cancel = (): void => undefined;
  let startedAt: number | undefined;
  let waitedMs = 0;
  let sent = 0;
  const expect = (ms: number, what: string): void => {
    cancel();
    cancel = clock.after(ms, () => stalled.abort(new StallError(`the target ${what} for ${ms / 1_000} s`)));
  };
  async function* body(): AsyncGenerator<Uint8Array> {
    let asked = (startedAt = clock.now());
    for await (const chunk of bytes) {
      waitedMs += clock.now() - asked;
      for (let at = 0; at < chunk.byteLength; at += UPLOAD_PIECE_BYTES) {
        expect(unreadMs, "took no byte");
        yield chunk.subarray(at, at + UPLOAD_PIECE_BYTES);
      }
      sent += chunk.byteLength;
      cancel();
      asked = clock.now();
    }
    waitedMs += clock.now() - asked;
    expect(commitWithin(patience, sent), "gave no answer");
  }
  return {
    body: body(),
    signal: stalled.signal,
    tookMs: () => (startedAt === undefined ? 0 : clock.now() - startedAt - waitedMs),
    end: () => cancel(),
  };
}
