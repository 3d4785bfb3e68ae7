import { systemClock } from "../../src/async/system-clock.ts";
import { COPY_LEASE_SECONDS } from "../../src/contract/stack/limits.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import { endTombstones } from "../../src/replication/deletes/delete-allowance.ts";
import { deleteDueTag } from "../../src/replication/deletes/delete-tag.ts";
import type { Deletion } from "../../src/replication/deletes/delete-tag.ts";
import { deletionReceipt } from "../../src/replication/deletes/deletion-receipt.ts";
import { noteTombstone } from "../../src/replication/deletes/note-delete.ts";
import type { OpenedPlan } from "../plan/open-plan.ts";
import type { PlannedDelete } from "../../src/inspection/plan/plan-line.ts";

export type AppliedDelete = { readonly kind: "deleted" } | { readonly kind: "refused"; readonly why: string };

/**
 * Deletes a tag as the comparison does: under its lease, within the share of its repository, if both sides and the records still say so.
 * @throws {RegistryError} when a side does not answer, or refuses.
 */
export async function applyDelete(
  line: PlannedDelete,
  { context, operations }: Pick<OpenedPlan, "context" | "operations">,
  run: string,
  signal: AbortSignal,
): Promise<AppliedDelete> {
  if (operations === undefined)
    return { kind: "refused", why: "deletes need the records of the stack; add --stack or --local" };
  const { stores } = operations;
  const { sides } = context;
  const { destination, repository, to, tombstone, listed, allowance } = line;
  const scope = `${destination}/${to}`;
  const place = { destination, repository, to, scope };
  const ports = {
    tags: stores.tags,
    deletions: stores.deletions,
    clock: systemClock,
    leaseMs: COPY_LEASE_SECONDS * 1_000,
    owner: `${run} ${scope}:${tombstone.tag}`,
    sourceTag: sides.catalog.sourceTag,
    resolveTag: sides.resolveTag,
    deleteTag: sides.deleteTag,
  };
  // No comparison may have written the tombstone yet. One that an operator has cancelled does not come back.
  await stores.deletions.update(scope, (record) => noteTombstone(record, repository, tombstone), signal);
  const seen = listed === undefined ? undefined : { tag: tombstone.tag, ...listed };
  const ended = await deleteDueTag({ tombstone, listed: seen, allowance, dryRun: false }, place, ports, signal);
  if (ended.kind !== "deleted")
    return { kind: "refused", why: WHY[ended.kind === "protect" ? ended.reason : ended.kind] };
  const outcome = { outcome: "deleted", reason: tombstone.cause } as const;
  const ending = { tombstone, place, outcome, configuration: context.configuration.version, endedAt: Date.now() };
  const { about, receipt } = deletionReceipt(ending, traceparentOf);
  await stores.receipts.write(about, receipt, signal);
  await stores.deletions.update(scope, (record) => endTombstones(record, [tombstone], []), signal);
  return { kind: "deleted" };
}

type Reason =
  | Exclude<Deletion["kind"], "protect" | "delete" | "deleted">
  | Extract<Deletion, { kind: "protect" }>["reason"];

const WHY: Readonly<Record<Reason | "delete", string>> = {
  gone: "the target does not have it any more",
  busy: "a copy of the stack works on it",
  held: "its repository has had its share of deletions for today",
  cancelled: "its tombstone is gone: someone has undone it",
  delete: "it was not deleted",
  "dry-run": "its rule only reports",
  "pushed-again": "it was pushed again",
  "at-source": "the source has it after all",
  archived: "the source has archived its image",
  "not-ours": "no copy of this stack put it there",
  "moved-at-target": "it has moved at the target",
  "target-refuses": "the target refuses to delete it",
};
