import { isCosignTag } from "../../oci/cosign-tags.ts";
import { isDigest } from "../../oci/digest.ts";
import type { Fact, ImageFacts } from "./image-facts.ts";
import { isAmongNewest } from "./newest-tags.ts";
import type { ReplicationRule } from "./rule.ts";

/** Why a rule does not select an image, in the order in which it is checked. */
export const REJECT_REASONS = [
  "repository",
  "repository-excluded",
  /** Of no rule, but of the repository's own tags. */
  "repository-tag",
  "tag",
  "tag-excluded",
  "not-latest",
  "artifact-type",
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** What one rule says about an image. */
export type Verdict =
  | { readonly kind: "selects" }
  /** Selects it, but not before `until`; epoch milliseconds. */
  | { readonly kind: "waits"; readonly until: number }
  /** Possibly attached to an image that the rule may select: it follows that. */
  | { readonly kind: "follows" }
  | { readonly kind: "rejects"; readonly reason: RejectReason }
  /** It depends on facts that are missing. */
  | { readonly kind: "unknown"; readonly missing: readonly Fact[] };

const SELECTS: Verdict = { kind: "selects" };
const FOLLOWS: Verdict = { kind: "follows" };
const rejects = (reason: RejectReason): Verdict => ({ kind: "rejects", reason });
const unknown = (...missing: Fact[]): Verdict => ({ kind: "unknown", missing });

/** What one rule says about an image, as far as the facts are known. */
export function verdictOf(rule: ReplicationRule, facts: ImageFacts): Verdict {
  return rule.matchesRepository(facts.repository) ? verdictInRepository(rule, facts) : rejects("repository");
}

/** {@link verdictOf} for a rule whose patterns match the repository. */
export function verdictInRepository(rule: ReplicationRule, facts: ImageFacts): Verdict {
  const { repository, reference } = facts;
  if (rule.excludesRepository?.(repository) === true) return rejects("repository-excluded");
  if (isDigest(reference)) return verdictOnUntagged(rule, facts);
  if (isCosignTag(reference) && isSelective(rule)) return FOLLOWS;
  if (!rule.matchesTag(reference)) return isCosignTag(reference) ? FOLLOWS : rejects("tag");
  if (rule.excludesTag?.(reference) === true) return rejects("tag-excluded");
  return joined([latestVerdict(rule, facts), ...imageVerdicts(rule, facts)]);
}

/** Content without a tag may be an image, a child of one, or attached to one (decision 39). */
function verdictOnUntagged(rule: ReplicationRule, facts: ImageFacts): Verdict {
  if (!rule.untagged) return FOLLOWS;
  if (!isSelective(rule)) return SELECTS;
  if (facts.subject === undefined) return unknown("subject");
  return facts.subject === "none" ? joined(imageVerdicts(rule, facts)) : FOLLOWS;
}

/**
 * True for a rule that leaves out images which its patterns select. Only an image tells what is attached to it, so what is attached is never
 * selected by itself: it would be copied without its image.
 */
function isSelective({ excludesTag, latest, acceptsType, minAgeMs, platforms, gate }: ReplicationRule): boolean {
  return [excludesTag, latest, acceptsType, minAgeMs, platforms, gate].some((condition) => condition !== undefined);
}

function imageVerdicts(rule: ReplicationRule, facts: ImageFacts): Verdict[] {
  return [typeVerdict(rule, facts), ageVerdict(rule, facts)];
}

function latestVerdict(rule: ReplicationRule, { reference, newest, pushedAt }: ImageFacts): Verdict {
  const { latest } = rule;
  if (latest === undefined) return SELECTS;
  const own = newest?.get(rule);
  const isTimeMissing = latest.by === "pushed" && pushedAt === undefined;
  if (own === undefined) return isTimeMissing ? unknown("newest", "pushedAt") : unknown("newest");
  if (isTimeMissing) return unknown("pushedAt");
  return isAmongNewest(latest, own, { tag: reference, pushedAt: pushedAt ?? 0 }) ? SELECTS : rejects("not-latest");
}

function typeVerdict({ acceptsType }: ReplicationRule, { artifactType }: ImageFacts): Verdict {
  if (acceptsType === undefined) return SELECTS;
  if (artifactType === undefined) return unknown("artifactType");
  return acceptsType(artifactType) ? SELECTS : rejects("artifact-type");
}

function ageVerdict({ minAgeMs }: ReplicationRule, { pushedAt, now }: ImageFacts): Verdict {
  if (minAgeMs === undefined) return SELECTS;
  if (pushedAt === undefined) return unknown("pushedAt");
  const until = pushedAt + minAgeMs;
  return until > now ? { kind: "waits", until } : SELECTS;
}

/** The verdict on all conditions together: one that fails decides, then a missing fact, then the wait. */
function joined(verdicts: readonly Verdict[]): Verdict {
  const missing = verdicts.flatMap((verdict) => (verdict.kind === "unknown" ? verdict.missing : []));
  return (
    verdicts.find(({ kind }) => kind === "rejects") ??
    (missing.length > 0 ? unknown(...new Set(missing)) : undefined) ??
    verdicts.find(({ kind }) => kind === "waits") ??
    SELECTS
  );
}
