import type { ImageTarget } from "../../oci/image-target.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Admission } from "./circuit-breaker.ts";
import type { CallOutcome } from "./buffered-counts.ts";

/** An upload below this rate is slow; bytes per second. */
const SLOW_BYTES_PER_SECOND: number = 64 * 1024;
/** Shorter uploads are never slow: the round trips take longer than the bytes. Milliseconds. */
const SLOW_FROM_MS = 5_000;

/**
 * A target that reports the outcome of every call to its circuit. Only the behaviour of the target counts. Throttling is a
 * matter of the rate limit; rejected content, a source that fails or is slow, and our own deadline say nothing about the
 * target. The duration of an upload is measured where it is sent, so the wait for a slot of our own rate does not count either.
 */
export function observedTarget(target: ImageTarget, { note }: Pick<Admission, "note">): ImageTarget {
  async function observed<T>(signal: AbortSignal, call: () => Promise<T>, outcome: () => CallOutcome): Promise<T> {
    try {
      const answer = await call();
      await note(outcome());
      return answer;
    } catch (error) {
      if (isOutage(error) && !signal.aborted) await note("failed");
      throw error;
    }
  }
  return {
    resolve: (reference, signal) => observed(signal, () => target.resolve(reference, signal), read),
    hasBlob: (descriptor, signal) => observed(signal, () => target.hasBlob(descriptor, signal), read),
    isEmpty: (signal) => observed(signal, () => target.isEmpty(signal), read),
    putManifest: (manifest, reference, signal) =>
      observed(
        signal,
        () => target.putManifest(manifest, reference, signal),
        () => "written",
      ),
    pushBlob(descriptor, options, signal) {
      let isSlow = false;
      const onUploaded = (tookMs: number): void => {
        isSlow = tookMs > SLOW_FROM_MS && descriptor.size / (tookMs / 1_000) < SLOW_BYTES_PER_SECOND;
        options.onUploaded?.(tookMs);
      };
      return observed(
        signal,
        () => target.pushBlob(descriptor, { ...options, onUploaded }, signal),
        () => (isSlow ? "slow" : "written"),
      );
    },
  };
}

const read = (): CallOutcome => "read";

/** True when the target is unavailable: no valid answer, or one that says so. A target that answers 429 is available. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof RegistryError) || error.side !== "target" || error.category === "permanent") return false;
  return error.status !== 429 && error.code !== "TOOMANYREQUESTS";
}
