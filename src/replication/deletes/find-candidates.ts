import type { Digest } from "../../oci/digest.ts";
import { cosignTagSubject } from "../../oci/cosign-tags.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import type { Tag } from "../../oci/reference.ts";
import type { SourceImage } from "../reconcile/source-catalog.ts";
import { renamedTag } from "../conflict/conflict-policy.ts";
import type { DeleteCause } from "../outcome/outcome.ts";
import type { Decision } from "../rules/decision.ts";
import { decideFor } from "../rules/evaluate-rules.ts";
import { newestTags, selectsTag } from "../rules/newest-tags.ts";
import type { NewestTags } from "../rules/newest-tags.ts";
import type { DeletePolicy, ReplicationRule } from "../rules/rule.ts";
import type { TagAtTarget } from "./deletion-record.ts";

/** A tag of the target that the rules would delete. */
export interface Candidate extends TagAtTarget {
  readonly cause: DeleteCause;
  readonly rule: string;
  readonly policy: DeletePolicy;
  /** What the source's listing has under this tag; undefined: nothing. */
  readonly listed: SourceImage | undefined;
}

/** Both listings of one repository, and the rules for it. */
export interface Listings {
  readonly repository: string;
  readonly destination: string;
  /** The rules of the repository. */
  readonly rules: readonly ReplicationRule[];
  /** True for the rules that copy to this target repository. */
  readonly isFor: (rule: ReplicationRule) => boolean;
  readonly images: readonly SourceImage[];
  readonly target: ReadonlyMap<Tag, Digest>;
  /** When tags were pushed that only the target has. */
  readonly pushedAt: ReadonlyMap<string, number>;
  readonly now: number;
}

/**
 * The tags of the target that the rules would delete: those that the source's listing does not have, and those that are not among the
 * newest. In doubt about which rule decides, every rule that may do so must ask for it. Signatures stay while a tag names their image, and a renamed
 * tag stays as long as the tag that it is renamed from.
 */
export function findCandidates(listings: Listings): Candidate[] {
  const { target, images, rules } = listings;
  const digests = new Set(target.values());
  const referrers = new Set<string>([...digests].map(referrersTag));
  const bySource = new Map(images.flatMap((image) => (image.tag === undefined ? [] : [[image.tag, image] as const])));
  const listed = [...bySource].map(([tag, { pushedAt }]) => ({ tag, pushedAt }));
  const renamed = renamedTags(listings, bySource.keys());
  const about = { listings, bySource, newest: newestTags(rules, listed), kept: keptTags(listings, bySource) };
  return [...target].flatMap(([tag, digest]) => {
    const subject = cosignTagSubject(tag);
    if (referrers.has(tag) || renamed.has(tag) || (subject !== undefined && digests.has(subject))) return [];
    return candidateOf({ tag, digest }, about) ?? [];
  });
}

/** The other tags that images of the source have at the target after a conflict. */
function renamedTags({ rules, isFor }: Listings, tags: Iterable<Tag>): ReadonlySet<string> {
  const templates = new Set(
    rules.filter(isFor).flatMap(({ conflict }) => (conflict?.strategy === "rename" ? [conflict.template] : [])),
  );
  if (templates.size === 0) return new Set();
  return new Set([...tags].flatMap((tag) => [...templates].map((template) => renamedTag(template, tag) ?? "")));
}

interface About {
  readonly listings: Listings;
  readonly bySource: ReadonlyMap<Tag, SourceImage>;
  /** The newest tags of the source. */
  readonly newest: NewestTags;
  /** For each rule with retention: the tags of the target that it keeps. */
  readonly kept: ReadonlyMap<ReplicationRule, ReadonlySet<string>>;
}

function candidateOf(found: TagAtTarget, about: About): Candidate | undefined {
  const { listings, bySource } = about;
  const listed = bySource.get(found.tag);
  const decision = decide(found.tag, listed, about);
  const candidate = { ...found, listed };
  const selecting = rulesOf(decision);
  const mirror = listed === undefined ? strictest(selecting, listings.isFor) : undefined;
  if (mirror !== undefined) return { ...candidate, cause: "source-deleted", ...mirror };
  for (const [rule, kept] of about.kept) {
    if (!selectsTag(rule, found.tag) || kept.has(found.tag)) continue;
    // Another rule, or this one, copies the tag: it would come back.
    const isOwn = listed === undefined ? selecting.every((each) => each === rule) : decision.kind === "not-selected";
    const { retention: policy, name } = rule;
    if (isOwn && policy !== undefined) return { ...candidate, cause: "retention", rule: name, policy };
  }
  return undefined;
}

function decide(tag: Tag, listed: SourceImage | undefined, { listings, newest }: About): Decision {
  const { repository, destination, rules, now } = listings;
  const facts = { repository, reference: tag, newest, now };
  if (listed === undefined) return decideFor(destination, rules, facts);
  const { pushedAt, artifactType, subject } = listed;
  return decideFor(destination, rules, { ...facts, pushedAt, artifactType, subject: subject ?? "none" });
}

/** The rules that select a tag, or may do so. */
function rulesOf(decision: Decision): readonly ReplicationRule[] {
  if (decision.kind === "undecided") return decision.rules;
  return decision.kind === "selected" || decision.kind === "waiting" ? [decision.rule] : [];
}

/** The policy by which a tag is deleted that the source does not have; undefined when it is not. */
export function mirrorPolicy(
  tag: Tag,
  {
    repository,
    destination,
    rules,
    isFor,
    now,
  }: Pick<Listings, "repository" | "destination" | "rules" | "isFor" | "now">,
): Pick<Candidate, "rule" | "policy"> | undefined {
  return strictest(rulesOf(decideFor(destination, rules, { repository, reference: tag, now })), isFor);
}

/** The most careful policy of rules that all mirror deletes to this target; undefined when one of them does not. */
function strictest(
  rules: readonly ReplicationRule[],
  isFor: Listings["isFor"],
): Pick<Candidate, "rule" | "policy"> | undefined {
  const [first] = rules;
  const policies = rules.flatMap((rule) => (isFor(rule) && rule.deletes !== undefined ? [rule.deletes] : []));
  if (first === undefined || policies.length < rules.length) return undefined;
  return {
    rule: first.name,
    policy: {
      graceMs: Math.max(...policies.map(({ graceMs }) => graceMs)),
      maxRatioPerDay: Math.min(...policies.map(({ maxRatioPerDay }) => maxRatioPerDay)),
      dryRun: policies.some(({ dryRun }) => dryRun),
    },
  };
}

/** A tag that neither the source nor its record gives a time for counts as just pushed. */
function keptTags({ rules, isFor, target, pushedAt, now }: Listings, bySource: About["bySource"]): About["kept"] {
  const tags = [...target.keys()].map((tag) => ({
    tag,
    pushedAt: bySource.get(tag)?.pushedAt ?? pushedAt.get(tag) ?? now,
  }));
  return new Map(
    rules.flatMap((rule) => {
      const { latest, retention } = rule;
      if (latest === undefined || retention === undefined || !isFor(rule)) return [];
      const own = tags.filter(({ tag }) => selectsTag(rule, tag));
      const kept = latest.newestFirst(own).slice(0, retention.keepLatest);
      // Without a time, or without a version, a tag has no place in the order: it stays.
      const unranked = own.filter(
        ({ tag, pushedAt: at }) => !latest.ranks(tag) || (latest.by === "pushed" && at === 0),
      );
      return [[rule, new Set([...kept, ...unranked].map(({ tag }) => tag))] as const];
    }),
  );
}
