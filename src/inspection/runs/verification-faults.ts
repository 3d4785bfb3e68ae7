import { isDigest } from "../../oci/digest.ts";
import type { CopyLine } from "../plan/plan-image.ts";
import type { PlanSink } from "../plan/plan-repository.ts";
import { addSkip } from "../plan/plan-summary.ts";
import { isUnknown } from "../verify/verdict.ts";
import type { VerifiedEqual } from "../verify/verify-equal.ts";
import { addFault } from "./verification-result.ts";
import type { VerifiedDestination } from "./verification-result.ts";

export interface FaultPorts {
  readonly failed: (name: string, error: unknown) => void;
  /** Asks for a copy of an image that the target lacks. */
  readonly request: (line: CopyLine) => void;
}

/** Takes what a plan finds as a verification: what would be copied is a fault, and what stays as it is has its reason. */
export function createFaultSink(verified: VerifiedDestination, { failed, request }: FaultPorts): PlanSink {
  return {
    copy({ line }) {
      noteMissing(verified, line);
      request(line);
    },
    skip(name, skip, bytes = 0) {
      // The tag changed while it was compared.
      if (skip.reason === "moving") verified.tags.moved++;
      else if (skip.reason !== "unchanged") addSkip({ skipped: verified.left }, name, skip, bytes);
    },
    // These are compared to the last blob, and count then.
    equal: () => undefined,
    failed(name, error) {
      verified.tags.unknown++;
      failed(name, error);
    },
    // Only the comparison of the stack deletes.
    remove: () => undefined,
    pending: () => undefined,
    flush: () => Promise.resolve(),
  };
}

function noteMissing(verified: VerifiedDestination, line: CopyLine): void {
  const { repository, reference, digest, as, to, replaces, how } = line;
  const isContent = isDigest(reference);
  const image = `${repository}${isContent ? "@" : ":"}${reference}`;
  const problem = replaces === undefined ? `is missing in ${to}` : `is ${replaces} in ${to}, not ${digest}`;
  verified.tags.differ++;
  // A tag is there, and what is attached to its image is not.
  const kind = isContent || (how !== "keep" && replaces === digest) ? "referrer" : "tag";
  addFault(verified, { kind }, { image, name: as, problem });
}

/** Counts one image that was compared to the last blob. @returns true when a copy may repair it. */
export function noteCompared(verified: VerifiedDestination, image: string, found: VerifiedEqual): boolean {
  const { tags, checked } = verified;
  if (found.kind === "moved") {
    tags.moved++;
    return false;
  }
  checked.manifests += found.checked.manifests;
  checked.blobs += found.checked.blobs;
  checked.referrers += found.checked.referrers;
  for (const { kind, name, problem, side } of found.differences)
    addFault(verified, { kind, side }, { image, name, problem });
  if (found.differences.length > 0) tags.differ++;
  else if (found.notCompared.some(isUnknown)) tags.unknown++;
  else tags.equal++;
  return found.differences.some(({ side }) => side !== "source");
}
