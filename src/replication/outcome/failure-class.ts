import type { FailureReason } from "./failure-reason.ts";

/**
 * What has to change before a request that failed for good can succeed: the event or message itself, the configuration, the
 * image, the source or target registry (permission, name, quota), the size of the image, or something that is not known.
 * `undelivered`: the queue gave it up before a function did.
 */
export const FAILURE_CLASSES = [
  "message",
  "configuration",
  "image",
  "source",
  "target",
  "size",
  "unknown",
  "undelivered",
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** What the source serves is not what its own descriptors say: no permission mends that, only another push. */
const BY_REASON: Readonly<Partial<Record<FailureReason, FailureClass>>> = {
  "malformed-event": "message",
  "malformed-message": "message",
  "wrong-queue": "message",
  "unknown-destination": "configuration",
  "malformed-image": "image",
  "source-incomplete": "image",
  "source-digest-invalid": "image",
  "source-size-invalid": "image",
  "source-manifest-invalid": "image",
  "source-manifest-unknown": "image",
  "source-blob-unknown": "image",
  "too-large": "size",
};

export function failureClass(reason: FailureReason): FailureClass {
  const known = BY_REASON[reason];
  if (known !== undefined) return known;
  if (reason.startsWith("source-")) return "source";
  return reason.startsWith("target-") ? "target" : "unknown";
}
