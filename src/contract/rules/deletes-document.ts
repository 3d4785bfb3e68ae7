import * as z from "zod";

const HOUR_MS = 3_600_000;

/** How tags are deleted at the target: late, few a day, or only in words. */
const Limits = {
  /** How long after it was found a tag is deleted: until then it can be undone. */
  graceHours: z.number().min(0.25).max(2_160).default(72),
  /** At most this share of a repository's tags in 24 hours, but one tag in any case. */
  maxRatioPerDay: z.number().gt(0).max(1).default(0.1),
  /** Only report what would be deleted. */
  dryRun: z.boolean().default(false),
};

/** `mirror`: a tag that was deleted at the source is deleted at the target, too. */
export const Mirror = z.strictObject({ mode: z.literal("mirror"), ...Limits });
export const Deletes = z.union([z.enum(["ignore", "mirror"]), Mirror]).default("ignore");

/** Deletes the tags at the target that are not among the newest. */
export const Retention = z.strictObject({ keepLatest: z.int().min(1).max(10_000), ...Limits });

/** When, and how many, tags of a repository are deleted. */
export interface DeletePolicy {
  readonly graceMs: number;
  readonly maxRatioPerDay: number;
  readonly dryRun: boolean;
}

export interface RetentionPolicy extends DeletePolicy {
  readonly keepLatest: number;
}

/** The policy of a rule; undefined when it deletes nothing. */
export function compileDeletes(deletes: z.infer<typeof Deletes>): DeletePolicy | undefined {
  if (deletes === "ignore") return undefined;
  return policyOf(deletes === "mirror" ? Mirror.parse({ mode: deletes }) : deletes);
}

export function compileRetention(retention: z.infer<typeof Retention> | undefined): RetentionPolicy | undefined {
  return retention && { keepLatest: retention.keepLatest, ...policyOf(retention) };
}

function policyOf({ graceHours, ...limits }: Omit<z.infer<typeof Mirror>, "mode">): DeletePolicy {
  return { graceMs: graceHours * HOUR_MS, maxRatioPerDay: limits.maxRatioPerDay, dryRun: limits.dryRun };
}
