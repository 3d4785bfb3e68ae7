import type { Digest } from "../../oci/digest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import type { GateAudit } from "../outcome/gate-audit.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import { decideGate } from "./decide-gate.ts";
import type { ImageGate } from "./open-gate.ts";

/** The image that waits for a gate: since when, and when the gate was last asked; epoch milliseconds. */
interface GateWait {
  readonly digest: Digest;
  readonly since: number;
  readonly at: number;
}

export interface GateContext {
  /** Absent: the rule has no gate. */
  readonly gate: ImageGate | undefined;
  /** What the tag's record says. */
  readonly waiting: GateWait | undefined;
  /** How the delivery before ended. */
  readonly last: LastOutcome | undefined;
  readonly clock: { readonly now: () => number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export type PassedGate =
  /** `heldMs`: how long the image has waited for the gate, in milliseconds: not a part of its lag. */
  | { readonly kind: "open"; readonly audit: GateAudit | undefined; readonly heldMs: number }
  | { readonly kind: "closed"; readonly report: CopyReport };

/** Asks the gate about an image before anything of it is sent. */
export async function passGate(
  manifest: Manifest,
  { gate, waiting, last, clock, random }: GateContext,
  signal: AbortSignal,
): Promise<PassedGate> {
  if (gate === undefined) return { kind: "open", audit: undefined, heldMs: 0 };
  const { digest } = manifest;
  const { waitMs, configuration } = gate;
  const checks = await gate.check(manifest, signal);
  const now = clock.now();
  // The wait for another image under the same tag does not count.
  const own = waiting?.digest === digest ? waiting : { since: now, at: now };
  const waitedMs = isInQuarantine(last, digest, configuration) ? waitMs : now - own.since;
  const decided = decideGate({ checks, override: gate.override(digest, now), waitedMs, waitMs, random });
  const { audit } = decided;
  switch (decided.kind) {
    case "pass":
    case "override":
      return { kind: "open", audit, heldMs: (isWaiting(last) ? now : own.at) - own.since };
    case "wait": {
      const { afterMs } = decided;
      const gateWait = { digest, since: own.since, at: now };
      return closed({ outcome: "deferred", reason: "gate", afterMs, gateWait, gate: audit });
    }
    case "quarantine":
      return closed({ outcome: "quarantined", reason: decided.reason, digest, configuration, gate: audit });
  }
}

/** The comparison asks again about an image in quarantine, which has waited as long as it may. */
function isInQuarantine(last: LastOutcome | undefined, digest: Digest, configuration: string): boolean {
  return last?.outcome === "quarantined" && last.digest === digest && last.configuration === configuration;
}

/** Otherwise the gate had opened before, and something else delayed the copy since. */
function isWaiting(last: LastOutcome | undefined): boolean {
  return last?.outcome === "deferred" && last.reason === "gate";
}

const closed = (report: CopyReport): PassedGate => ({ kind: "closed", report });
