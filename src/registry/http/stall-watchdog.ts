import type { Clock } from "../../async/clock.ts";
import { StallError } from "../../oci/errors/stall-error.ts";
import type { HttpBody } from "./http-message.ts";
import type { TransferTimeouts } from "./transfer-timeouts.ts";

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly timeouts: TransferTimeouts;
}

/**
 * Passes on the bytes of a body, and destroys the body when it stalls or drips. Only time spent waiting for bytes counts, not
 * the time the reader takes. @throws {StallError}
 */
export async function* watchStalls(
  body: Pick<HttpBody, "destroy" | typeof Symbol.asyncIterator>,
  { clock, timeouts }: WatchdogOptions,
): AsyncGenerator<Uint8Array> {
  const { silenceMs, floorBytes, floorMs } = timeouts;
  let waiting = false;
  let waited = 0;
  let received = 0;
  let since = clock.now();
  let cancel = clock.after(silenceMs, check);
  /** One timer per silence instead of one per chunk. */
  function check(): void {
    const left = waiting ? since + silenceMs - clock.now() : silenceMs;
    if (left > 0) cancel = clock.after(left, check);
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
    body.destroy();
  }
}
