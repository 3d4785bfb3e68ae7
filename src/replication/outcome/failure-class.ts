import type { FailureReason } from "./failure-reason.ts";

/**
 * What has to change before a failed request can succeed: the event or message itself, the configuration, the image, the source or
 * target registry (permission, name, quota), or the size of the image. `undelivered`: the queue moved the message to the dead
 * letters before a function could fail it.
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

/** For `source-*-invalid` and `-unknown`, the content itself is wrong: only another push can fix that, no permission. */
const BY_REASON: Readonly<Partial<Record<FailureReason, FailureClass>>> = {
  "malformed-event": "message",
  "malformed-message": "message",
  "wrong-queue": "message",
  "unknown-destination": "configuration",
  "target-sparse-refused": "configuration",
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
