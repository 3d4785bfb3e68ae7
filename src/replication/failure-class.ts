import { RegistryError } from "../oci/registry-error.ts";
import type { CopyReport } from "./copy-report.ts";

/**
 * What has to change before a request that failed for good can succeed: the message itself, the configuration, the image,
 * the source or target registry (content, permission, quota), the size of the function, or nobody knows. `undelivered`:
 * the queue gave it up before a function did.
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

const BY_REASON: Readonly<Record<string, FailureClass>> = {
  "malformed-message": "message",
  "unknown-destination": "configuration",
  "malformed-image": "image",
  "source-incomplete": "image",
  "too-large": "size",
};

export function failureClass({ reason, error }: Extract<CopyReport, { outcome: "failed" }>): FailureClass {
  return BY_REASON[reason] ?? (error instanceof RegistryError ? error.side : "unknown");
}
