import type { Digest } from "../../oci/digest.ts";
import type { Manifest } from "../../oci/manifest.ts";

/** Reads what another writer has put at the target. Only conflicts need it. */
export interface TargetReader {
  /** Undefined when there is no such manifest. */
  readManifest(digest: Digest, signal: AbortSignal): Promise<Manifest | undefined>;
  /** When the registry received an image; epoch milliseconds. Undefined when it does not say. */
  pushedAt(digest: Digest, signal: AbortSignal): Promise<number | undefined>;
}
