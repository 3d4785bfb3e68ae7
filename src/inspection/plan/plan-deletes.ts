import { concurrently } from "../../async/run-concurrently.ts";
import type { DeletionDecision } from "../../replication/deletes/decide-deletion.ts";
import { decideDueTag } from "../../replication/deletes/delete-tag.ts";
import type { DueDeletion } from "../../replication/deletes/delete-tag.ts";
import { dueDeletions, seeDeletes } from "../../replication/deletes/mirror-deletes.ts";
import { updateTombstones } from "../../replication/deletes/update-tombstones.ts";
import type { Differences } from "../../replication/reconcile/find-differences.ts";
import { rulesOf } from "../../replication/rules/evaluate-rules.ts";
import type { Place, PlanRepository, PlanSink } from "./plan-repository.ts";

const CONCURRENT = 4;

/** Where deletes are planned, and what the listings of both sides say. */
export interface DeletesCase {
  readonly place: Place;
  readonly found: Differences;
  readonly sink: PlanSink;
}

/**
 * Plans what a comparison would delete in one repository: what is due now, and what its tombstones, including those that it would write, will
 * delete later. Without a stack there are no records of our own puts, and nothing is deleted.
 */
export async function planDeletes(about: DeletesCase, context: PlanRepository, signal: AbortSignal): Promise<void> {
  const { place, found, sink } = about;
  const { images, target } = found;
  const { configuration, records, stack, sides, now, at } = context;
  if (target === undefined || stack === undefined) return;
  const { repository, isFor, scope } = place;
  const seen = { images, target, rules: rulesOf(repository, configuration.rules), isFor, listedAt: at };
  const saw = await seeDeletes(seen, place, { ...records, clock: { now }, id: "plan" }, signal);
  if (saw.kind === "held" && saw.tags > 0) sink.skip(repository, { rule: undefined, reason: saw.reason });
  if (saw.kind !== "some") return;
  const before = await records.deletions.read(scope, signal);
  const record = updateTombstones(before, { ...saw.found, now: now() }).next ?? before;
  const due = dueDeletions(record, saw.found.candidates, target, now());
  const ports = { ...sides, sourceTag: sides.catalog.sourceTag, tags: records.tags };
  const decide = (each: DueDeletion, working: AbortSignal) => decideDueTag(each, place, ports, working);
  const decided = await concurrently(due, CONCURRENT, decide, signal);
  for (const [index, each] of due.entries()) noteDue(each, decided[index], about);
  const isDue = new Set(due.map(({ tombstone }) => tombstone));
  const later = (record?.tombstones ?? []).filter((tombstone) => !isDue.has(tombstone));
  for (const { tag, dueAt, cause, rule } of later) sink.pending({ name: `${place.to}:${tag}`, dueAt, cause, rule });
}

function noteDue(
  { tombstone, listed, allowance, dryRun }: DueDeletion,
  decision: DeletionDecision | undefined,
  { place: { repository, destination, to }, sink }: DeletesCase,
): void {
  const { rule } = tombstone;
  const name = `${repository}:${tombstone.tag}`;
  if (dryRun) return sink.skip(name, { rule, reason: "dry-run" });
  if (decision?.kind === "protect") return sink.skip(name, { rule, reason: decision.reason });
  if (decision?.kind !== "delete") return;
  const about = listed && { listed: { digest: listed.digest, pushedAt: listed.pushedAt } };
  sink.remove({ kind: "delete", destination, repository, to, tombstone, ...about, allowance });
}
