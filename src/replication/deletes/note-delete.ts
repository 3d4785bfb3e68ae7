import { targetName } from "../planning/plan-copies.ts";
import type { DeletedImage } from "../planning/push-event.ts";
import { rulesOf } from "../rules/evaluate-rules.ts";
import type { ReplicationRule } from "../rules/rule.ts";
import type { Change } from "../state/record-store.ts";
import { MAX_TOMBSTONES, newDeletionRecord } from "./deletion-record.ts";
import type { DeletionRecord, Tombstone } from "./deletion-record.ts";
import { mirrorPolicy } from "./find-candidates.ts";

/** A tombstone, and the key of its record. */
export interface PlannedTombstone {
  readonly destination: string;
  readonly scope: string;
  readonly tombstone: Tombstone;
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
  tombstone: Tombstone,
): Change<DeletionRecord, boolean> {
  const known = record ?? newDeletionRecord(repository);
  const isKnown = [...known.tombstones, ...known.kept].some(({ tag }) => tag === tombstone.tag);
  if (isKnown || known.tombstones.length >= MAX_TOMBSTONES) return { answer: false };
  return { next: { ...known, tombstones: [...known.tombstones, tombstone] }, answer: true };
}
