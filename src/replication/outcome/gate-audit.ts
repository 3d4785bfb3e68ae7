import * as z from "zod";

/** What a gate may require of an image. */
const REQUIREMENTS = ["signature", "referrer", "scan", "size", "base-image"] as const;

/** Why a gate does not let an image through. */
export const QUARANTINE_REASONS = [
  /** No signature of a required signer. */
  "unsigned",
  /** An artifact of a required type is not attached. */
  "referrer-missing",
  /** There is no result of a scan. */
  "scan-missing",
  /** The scanner does not support the image. */
  "scan-unsupported",
  /** The scan found something more severe than is allowed. */
  "severity",
  "too-big",
  /** The base image is of another registry, or is not named. */
  "base-image",
] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

const Named = z.object({
  requirement: z.enum(REQUIREMENTS),
  /** What was found: the key that signed, the type that is missing, the severities. */
  detail: z.string(),
});

/** The result of one requirement. `missing`: what is required may still arrive; `refused`: it cannot. */
export const GateCheck = z.discriminatedUnion("result", [
  Named.extend({ result: z.literal("met") }),
  Named.extend({ result: z.enum(["missing", "refused"]), reason: z.enum(QUARANTINE_REASONS) }),
]);
export type GateCheck = z.infer<typeof GateCheck>;

/** Operators let an image through although it does not meet the requirements, until a time. */
export const GateOverride = z.object({
  /** Epoch milliseconds. */
  until: z.number(),
  by: z.string(),
  reason: z.string(),
});
export type GateOverride = z.infer<typeof GateOverride>;

/** What a gate found out about an image, for the receipt. */
export const GateAudit = z.object({
  checks: z.array(GateCheck),
  /** The override that let it through. Absent: none was needed. */
  override: GateOverride.optional(),
});
export type GateAudit = z.infer<typeof GateAudit>;

/** One line: every requirement with its result, and the override. */
export function describeGate({ checks, override }: GateAudit): string {
  const results = checks.map(({ requirement, result, detail }) => `${requirement} ${result} (${detail})`);
  if (override === undefined) return results.join("; ");
  const { by, until, reason } = override;
  return [...results, `override by ${by} until ${new Date(until).toISOString()}: ${reason}`].join("; ");
}
