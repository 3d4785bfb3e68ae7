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

/** Asks the gate about an image before anything of it is sent. The wait for another image under the same tag does not count. */
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
  const own = waiting?.digest === digest ? waiting : { since: now, at: now };
  const { since } = own;
  const waitsForGate = last?.outcome === "deferred" && last.reason === "gate";
  const decided = decideGate({ checks, override: gate.override(digest, now), waitedMs: now - since, waitMs, random });
  const { audit } = decided;
  switch (decided.kind) {
    case "pass":
    case "override":
      return { kind: "open", audit, heldMs: (waitsForGate ? now : own.at) - since };
    case "wait": {
      const { afterMs } = decided;
      return closed({
        outcome: "deferred",
        reason: "gate",
        afterMs,
        gateWait: { digest, since, at: now },
        gate: audit,
      });
    }
    case "quarantine":
      return closed({ outcome: "quarantined", reason: decided.reason, digest, configuration, gate: audit });
  }
}

const closed = (report: CopyReport): PassedGate => ({ kind: "closed", report });
