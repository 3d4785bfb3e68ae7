import type { Digest } from "../oci/digest.ts";
import type { ImageTarget } from "../oci/image-target.ts";
import type { Manifest } from "../oci/manifest.ts";
import type { Tag } from "../oci/reference.ts";
import type { Clock } from "./clock.ts";

/** The target did not show what was just put, for longer than any read-after-write lag. */
export class NotReadBackError extends Error {
  override readonly name = "NotReadBackError";
}

/** Pauses before asking again whether the target shows the tag, in milliseconds (fault R27: about 10 s in all). */
const PAUSES_MS = [100, 400, 1_500, 3_000, 5_000];

/** Puts a manifest under its tag, last of all, and reads it back: only then is the tag a promise kept. */
export async function publish(
  target: ImageTarget,
  { manifest, reference }: { readonly manifest: Manifest; readonly reference: Tag | Digest },
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  await target.putManifest(manifest, reference, signal);
  for (const pause of [...PAUSES_MS, undefined]) {
    const found = await target.resolve(reference, signal);
    if (found?.digest === manifest.digest) return;
    if (pause !== undefined) await clock.sleep(pause, signal);
  }
  throw new NotReadBackError(`the target does not show ${manifest.digest} under ${reference} although it accepted it`);
}
