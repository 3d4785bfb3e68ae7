import type { GateAudit, GateCheck, GateOverride, QuarantineReason } from "../outcome/gate-audit.ts";
import type { ImageOverride } from "./gate.ts";

/** What a gate does with an image. */
export type GateDecision =
  | { readonly kind: "pass"; readonly audit: GateAudit }
  /** It does not meet the requirements, and is let through nevertheless. */
  | { readonly kind: "override"; readonly audit: GateAudit }
  /** What it lacks may still arrive: to be asked again after `afterMs`. */
  | { readonly kind: "wait"; readonly audit: GateAudit; readonly afterMs: number }
  | { readonly kind: "quarantine"; readonly audit: GateAudit; readonly reason: QuarantineReason };

export interface GateFacts {
  readonly checks: readonly GateCheck[];
  /** The override of the image that is in force. */
  readonly override: GateOverride | undefined;
  /** How long the image has waited for this gate, and how long it may, in milliseconds. */
  readonly waitedMs: number;
  readonly waitMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Waits in milliseconds: a quarter of the time waited so far, within these limits. A signature mostly follows within a minute. */
const SOONEST_MS = 15_000;
const LATEST_MS = 600_000;

/** Decides about an image by the results of all requirements. What is refused is never waited for. */
export function decideGate({ checks, override, waitedMs, waitMs, random }: GateFacts): GateDecision {
  const open = checks.filter((check) => check.result !== "met");
  const audit: GateAudit = { checks: [...checks] };
  const [first] = [...open.filter(({ result }) => result === "refused"), ...open];
  if (first === undefined) return { kind: "pass", audit };
  if (override !== undefined) return { kind: "override", audit: { ...audit, override } };
  const leftMs = waitMs - waitedMs;
  if (first.result === "refused" || leftMs <= 0) return { kind: "quarantine", audit, reason: first.reason };
  const aroundMs = Math.min(Math.max(waitedMs / 4, SOONEST_MS), LATEST_MS);
  return { kind: "wait", audit, afterMs: Math.min(Math.round(aroundMs * (0.75 + random() / 2)), leftMs) };
}

/** The override of an image that is in force: by tag or by digest. @param now epoch milliseconds. */
export function overrideOf(
  names: readonly string[],
  overrides: readonly ImageOverride[],
  now: number,
): GateOverride | undefined {
  const found = overrides.find(({ image, until }) => names.includes(image) && now < until);
  return found && { until: found.until, by: found.by, reason: found.reason };
}
