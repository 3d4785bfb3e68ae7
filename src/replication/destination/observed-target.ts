import type { ImageTarget } from "../../oci/image-target.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Admission } from "./circuit-breaker.ts";
import type { CallOutcome } from "./buffered-counts.ts";

/** Bytes per second below which an upload is slow, when the target is what it waits for. */
const SLOW_BYTES_PER_SECOND: number = 64 * 1024;
/** Uploads shorter than this are never slow: their requests take longer than their bytes. Milliseconds. */
const SLOW_FROM_MS = 5_000;

/**
 * The target, its circuit told how every call ended. Only what the target does counts: not that it is busy (that is a
 * matter of rate), not what it says of the content, not a source that fails or drips, not our own deadline, and not that we
 * wait for our own turn: how long an upload took is measured where it is sent.
 */
export function observedTarget(target: ImageTarget, { note }: Pick<Admission, "note">): ImageTarget {
  async function watched<T>(signal: AbortSignal, call: () => Promise<T>, outcome: () => CallOutcome): Promise<T> {
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
    resolve: (reference, signal) => watched(signal, () => target.resolve(reference, signal), read),
    hasBlob: (descriptor, signal) => watched(signal, () => target.hasBlob(descriptor, signal), read),
    isEmpty: (signal) => watched(signal, () => target.isEmpty(signal), read),
    putManifest: (manifest, reference, signal) =>
      watched(
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
      return watched(
        signal,
        () => target.pushBlob(descriptor, { ...options, onUploaded }, signal),
        () => (isSlow ? "slow" : "written"),
      );
    },
  };
}

const read = (): CallOutcome => "read";

/** The target is away: it gave no answer that makes sense, or one that says that it cannot. 429 says that it is well. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof RegistryError) || error.side !== "target" || error.category === "permanent") return false;
  return error.status !== 429 && error.code !== "TOOMANYREQUESTS";
}
