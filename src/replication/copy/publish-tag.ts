import type { Digest } from "../../oci/digest.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { Clock } from "../../async/clock.ts";
import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { SparseIndexRefusedError } from "../image/sparse-target.ts";

/** The target accepted the put, but still shows something else after the longest read-after-write lag. */
export class NotReadBackError extends Error {
  override readonly name = "NotReadBackError";
}

/** The put of the tag got no response: it may still take effect, until the lease ends. */
export class UncertainPutError extends Error {
  override readonly name = "UncertainPutError";
}

/** Pauses between attempts to read the tag back, in milliseconds (fault R27: about 10 s in total). */
const PAUSES_MS = [100, 400, 1_500, 3_000, 5_000];

/**
 * Puts a manifest under its tag, after everything else. A response with the digest that was stored confirms the put. After a response without
 * it, or without any response, the tag is read back. A put without a response that can be read back has taken effect, and cannot do so again.
 * @throws {UncertainPutError} when a put without a response cannot be read back: no other copy may put the tag until it can no longer take effect.
 */
export async function publish(
  target: Pick<ImageTarget, "putManifest" | "resolve">,
  { manifest, reference }: { readonly manifest: Manifest; readonly reference: Tag | Digest },
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let unanswered: UncertainPutError | undefined;
  try {
    if ((await target.putManifest(manifest, reference, signal)) === manifest.digest) return;
  } catch (error) {
    if (isAnswered(error)) throw error;
    unanswered = new UncertainPutError("no answer to the put of the tag", { cause: error });
  }
  for (const pause of [...PAUSES_MS, undefined]) {
    const found = await target.resolve(reference, signal).catch((error: unknown) => {
      throw unanswered ?? error;
    });
    if (found?.digest === manifest.digest) return;
    if (pause === undefined) break;
    await clock.sleep(pause, signal).catch((error: unknown) => {
      throw unanswered ?? error;
    });
  }
  if (unanswered !== undefined) throw unanswered;
  throw new NotReadBackError(`the target does not show ${manifest.digest} under ${reference} although it accepted it`);
}

/** True for a failure that proves that the put was refused or never sent. A missing response, or one of an intermediary, proves neither. */
function isAnswered(error: unknown): boolean {
  if (error instanceof RateExceededError || error instanceof SparseIndexRefusedError) return true;
  if (!(error instanceof RegistryError)) return false;
  // Another operation failed, such as the referrers list: the put was not sent, or it was answered.
  if (error.operation !== "put-manifest") return true;
  return error.category === "permanent" || (error.status !== undefined && (error.status < 500 || error.status === 503));
}
