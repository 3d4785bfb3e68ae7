import type { RegistryResponse } from "./response.ts";
import { StallError } from "../../oci/errors/stall-error.ts";
import { watchStalls } from "./stall-watchdog.ts";

/** How long the body of an error may take, in milliseconds: its status is known already. */
const PREFIX_MS = 5_000;

/** The first bytes of a body, as far as they came. */
export interface BodyPrefix {
  readonly bytes: Uint8Array;
  /** The body broke off, or came too slowly. */
  readonly isTruncated: boolean;
}

/** Reads at most `limit` bytes of a body, for {@link PREFIX_MS} at most, and destroys the rest. Never fails. */
export async function readBodyPrefix(response: RegistryResponse, limit: number): Promise<BodyPrefix> {
  const collected: Collected = { chunks: [], length: 0 };
  let isTruncated = false;
  const cancel = response.watchdog.clock.after(PREFIX_MS, () => {
    isTruncated = true;
    response.body.destroy();
  });
  await collect(response, limit, collected).catch(() => (isTruncated = true));
  cancel();
  return { bytes: Buffer.concat(collected.chunks).subarray(0, limit), isTruncated };
}

/**
 * Reads a whole body. Undefined when it is longer than `limit` bytes; then its connection is closed.
 * @throws {StallError} when the body stalls, drips, or is not whole in time.
 */
export async function readWhole(response: RegistryResponse, limit: number): Promise<Uint8Array | undefined> {
  const whole = response.body.take();
  if (whole !== undefined) return whole.byteLength > limit ? undefined : whole;
  const collected: Collected = { chunks: [], length: 0 };
  await collect(response, limit, collected);
  return collected.length > limit ? undefined : Buffer.concat(collected.chunks);
}

interface Collected {
  readonly chunks: Uint8Array[];
  length: number;
}

async function collect({ body, watchdog }: RegistryResponse, limit: number, into: Collected): Promise<void> {
  const { wholeMs } = watchdog.timeouts;
  const expire = (): void => body.destroy(new StallError(`not whole after ${wholeMs / 1_000} s`));
  const cancel = watchdog.clock.after(wholeMs, expire);
  try {
    // Leaving the loop early destroys the body, which closes its connection.
    for await (const chunk of watchStalls(body, watchdog)) {
      into.chunks.push(chunk);
      into.length += chunk.byteLength;
      if (into.length > limit) return;
    }
  } finally {
    cancel();
  }
}
