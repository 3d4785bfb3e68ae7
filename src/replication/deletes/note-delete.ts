import type { Digest } from "../../oci/digest.ts";
import { targetName } from "../planning/plan-copies.ts";
import type { DeletedImage } from "../planning/push-event.ts";
import { rulesOf } from "../rules/evaluate-rules.ts";
import type { ReplicationRule } from "../rules/rule.ts";
import type { Change } from "../state/record-store.ts";
import { MAX_TOMBSTONES, newDeletionRecord } from "./deletion-record.ts";
import type { DeletionRecord, Tombstone } from "./deletion-record.ts";
import { mirrorPolicy } from "./find-candidates.ts";

/** A tombstone, and the key of its record. The source may not say what its tag named. */
export interface PlannedTombstone {
  readonly destination: string;
  readonly scope: string;
  readonly tombstone: Omit<Tombstone, "digest"> & { readonly digest?: Digest | undefined };
}

/** The tombstones that a delete asks for: one for each target whose rules mirror deletes. A comparison confirms or removes them. */
export function planTombstones(
  deleted: DeletedImage,
  all: readonly ReplicationRule[],
  destinations: readonly { readonly name: string; readonly prefix: string }[],
): PlannedTombstone[] {
  const { id, repository, tag, digest, deletedAt } = deleted;
  const rules = rulesOf(repository, all);
  return destinations.flatMap(({ name: destination, prefix }) => {
    const own = rules.filter((rule) => rule.destinations.includes(destination));
    const nameOf = (rule: ReplicationRule) => targetName(rule, repository, prefix);
    return [...new Set(own.map(nameOf))].flatMap((to) => {
      if (to === undefined) return [];
      const isFor = (rule: ReplicationRule): boolean => own.includes(rule) && nameOf(rule) === to;
      const found = mirrorPolicy(tag, { repository, destination, rules, isFor, now: deletedAt });
      if (found === undefined) return [];
      const { rule, policy } = found;
      const times = { seenAt: deletedAt, dueAt: deletedAt + policy.graceMs };
      const named = rules.some((each) => isFor(each) && changesIndex(each)) ? undefined : digest;
      const tombstone = { tag, digest: named, by: id, cause: "source-deleted", rule, ...times } as const;
      return [{ destination, scope: `${destination}/${to}`, tombstone }];
    });
  });
}

/** True if the target's tag may name another index than the source's: a part of it, or more than it. */
function changesIndex({ platforms, conflict }: ReplicationRule): boolean {
  return platforms?.keep === "strip" || conflict?.strategy === "merge";
}

/** Adds a tombstone, unless the tag has one or was kept. */
export function noteTombstone(
  record: DeletionRecord | undefined,
  repository: string,
  { digest, ...tombstone }: PlannedTombstone["tombstone"],
): Change<DeletionRecord, boolean> {
  const known = record ?? newDeletionRecord(repository);
  const { tombstones, kept, heard = [] } = known;
  const isKnown = [...tombstones, ...kept, ...heard].some(({ tag }) => tag === tombstone.tag);
  if (isKnown || tombstones.length + heard.length >= MAX_TOMBSTONES) return { answer: false };
  if (digest !== undefined)
    return { next: { ...known, tombstones: [...tombstones, { ...tombstone, digest }] }, answer: true };
  const { tag, by, seenAt: at } = tombstone;
  return { next: { ...known, heard: [...heard, { tag, by, at }] }, answer: true };
}
