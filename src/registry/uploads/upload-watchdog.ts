import { linkAbort } from "../../async/linked-abort.ts";
import { StallError } from "../../oci/errors/stall-error.ts";
import type { WatchdogOptions } from "../http/stall-watchdog.ts";
import { commitTimeoutMs } from "../http/transfer-timeouts.ts";

/** An upload that is watched until the target has answered. */
export interface WatchedUpload {
  /** The bytes to send. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted with the upload's own signal, and with a {@link StallError} when the target takes no byte, or does not answer, for too long. */
  readonly signal: AbortSignal;
  /** Milliseconds since the first byte was read, without the time spent waiting for bytes of the source. */
  tookMs(): number;
  /** Stops the timers, and no longer follows the signal. Call it once the upload has ended, well or not. */
  end(): void;
}

/**
 * Size of the pieces in which progress is measured. Read-ahead gives larger chunks, with which a target that takes bytes
 * steadily would look stalled.
 */
const UPLOAD_PIECE_BYTES = 256 * 1024;

/** Watches how the target takes an upload. Time spent waiting for bytes of the source does not count. */
export function watchUpload(
  bytes: AsyncIterable<Uint8Array>,
  { clock, timeouts }: WatchdogOptions,
  signal: AbortSignal,
): WatchedUpload {
  const { unreadMs } = timeouts;
  const upload = linkAbort(signal);
  let cancel = (): void => undefined;
  let startedAt: number | undefined;
  let waitedMs = 0;
  let sent = 0;
  const limit = (ms: number, problem: string): void => {
    cancel();
    cancel = clock.after(ms, () => upload.abort(new StallError(`the target ${problem} for ${ms / 1_000} s`)));
  };
  async function* body(): AsyncGenerator<Uint8Array> {
    let since = (startedAt = clock.now());
    for await (const chunk of bytes) {
      waitedMs += clock.now() - since;
      for (let at = 0; at < chunk.byteLength; at += UPLOAD_PIECE_BYTES) {
        limit(unreadMs, "took no byte");
        yield chunk.subarray(at, at + UPLOAD_PIECE_BYTES);
      }
      sent += chunk.byteLength;
      cancel();
      since = clock.now();
    }
    waitedMs += clock.now() - since;
    limit(commitTimeoutMs(timeouts, sent), "gave no answer");
  }
  return {
    body: body(),
    signal: upload.signal,
    tookMs: () => (startedAt === undefined ? 0 : clock.now() - startedAt - waitedMs),
    end() {
      cancel();
      upload[Symbol.dispose]();
    },
  };
}
