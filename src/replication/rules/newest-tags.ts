import { isCosignTag } from "../../oci/cosign-tags.ts";
import type { LatestTags, PushedTag, ReplicationRule } from "./rule.ts";

/** For each rule that copies only the newest tags: which these are in one repository. */
export type NewestTags = ReadonlyMap<ReplicationRule, NewestOfRule>;

interface NewestOfRule {
  /** One more than the rule takes, newest first. */
  readonly first: readonly PushedTag[];
  /** Positions in `first`, by tag. */
  readonly places: ReadonlyMap<string, number>;
}

/**
 * Finds the newest tags of a repository, among those that each rule's patterns select. Other conditions of a rule do not
 * count, so that the result depends on the listing alone.
 */
export function newestTags(rules: readonly ReplicationRule[], listed: readonly PushedTag[]): NewestTags {
  const tags = [...new Map(listed.map((each) => [each.tag, each])).values()];
  return new Map(
    rules.flatMap((rule) => {
      const { latest } = rule;
      if (latest === undefined) return [];
      const selected = tags.filter(({ tag }) => selectsTag(rule, tag));
      const first = latest.newestFirst(selected).slice(0, latest.count + 1);
      const places = new Map(first.map(({ tag }, index) => [tag, index]));
      return [[rule, { first, places }] as const];
    }),
  );
}

/** True for a tag that the rule's patterns select. Cosign's tags follow their image. */
export function selectsTag(rule: ReplicationRule, tag: string): boolean {
  return !isCosignTag(tag) && rule.matchesTag(tag) && rule.excludesTag?.(tag) !== true;
}

/**
 * True when fewer other tags than the rule takes are newer than this one. The listing may be older than the tag: a tag that it lacks, or has
 * with an earlier push, is compared with its own time.
 */
export function isAmongNewest(
  { count, ranks, isNewer }: LatestTags,
  { first, places }: NewestOfRule,
  tag: PushedTag,
): boolean {
  if (!ranks(tag.tag)) return false;
  const place = places.get(tag.tag);
  const last = first[place === undefined || place >= count ? count - 1 : count];
  return last === undefined || isNewer(tag, last);
}
