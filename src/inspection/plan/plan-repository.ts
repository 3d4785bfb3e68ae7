import { concurrently } from "../../async/run-concurrently.ts";
import type { Tag } from "../../oci/reference.ts";
import { createBackfills } from "../../replication/backfill/backfill.ts";
import type { Backfills } from "../../replication/backfill/backfill.ts";
import { findDifferences } from "../../replication/reconcile/find-differences.ts";
import type { Differences } from "../../replication/reconcile/find-differences.ts";
import { deciderOf } from "../../replication/reconcile/reconcile-repository.ts";
import type { RepositoryTarget } from "../../replication/reconcile/repository-target.ts";
import { DECIDED_AT_ONCE, decideBatch, lookAt } from "../../replication/reconcile/request-copies.ts";
import type { Difference, Looked } from "../../replication/reconcile/request-copies.ts";
import { referenceOf, subjectOf } from "../../replication/reconcile/source-catalog.ts";
import type { SourceImage } from "../../replication/reconcile/source-catalog.ts";
import type { Decision } from "../../replication/rules/decision.ts";
import { tagKey } from "../../replication/state/tag-record.ts";
import type { PlanContext, Skip } from "./plan-context.ts";
import type { PlannedDelete } from "./plan-line.ts";
import type { PendingDelete } from "./plan-summary.ts";
import { planImage } from "./plan-image.ts";
import type { PlannedImage } from "./plan-image.ts";
import { openRepository } from "./repository-case.ts";
import type { RepositoryCase } from "./repository-case.ts";

/** Receives what a plan finds, in the order of the comparison. */
export interface PlanSink {
  copy(planned: Extract<PlannedImage, { kind: "copy" }>): void;
  skip(name: string, skip: Skip, bytes?: number): void;
  /** Images that are equal at both ends. */
  equal(count: number): void;
  /** An image that cannot be planned, because a registry fails, or its content is broken. */
  failed(name: string, error: unknown): void;
  /** A tag of the target that is due. */
  remove(planned: PlannedDelete): void;
  /** A tag of the target that is not due yet. */
  pending(later: PendingDelete): void;
  /** Waits until the file has what was found so far. */
  flush(): Promise<void>;
}

/** The target of a repository, before its backfill is known. */
export type Place = Omit<RepositoryTarget, "backfill">;

export interface PlanRepository extends PlanContext {
  readonly backfills: Backfills;
  /** When the plan began; epoch milliseconds. */
  readonly at: number;
}

export function backfillsOf({ configuration, records, now, all }: PlanContext): Backfills {
  const policy = all ? ({ kind: "everything" } as const) : configuration.reconcile.backfill;
  return createBackfills(policy, { backfills: records.backfills, now });
}

/** Compares one repository with one target, and plans what differs, as many images as fit into a batch at a time. */
export async function planRepository(
  placed: Place,
  context: PlanRepository,
  sink: PlanSink,
  signal: AbortSignal,
): Promise<Differences> {
  const { records, sides, configuration, stack, now } = context;
  const place: RepositoryTarget = {
    ...placed,
    backfill: await context.backfills.open(placed.destination, context.at, signal),
  };
  const found = await findDifferences(place, { catalog: sides.catalog, tags: records.tags, now }, signal);
  noteUnselected(place, found, sink);
  sink.equal(found.wanted - found.absent.length);
  const repository = openRepository(place, found, context);
  // Without a stack, there is no event that would copy a fresh push.
  const graceMs = stack === undefined ? 0 : configuration.reconcile.graceSeconds * 1_000;
  const deciding = { ...deciderOf(found, now), graceMs, configuration, now, backfill: place.backfill };
  const look = async (image: SourceImage): Promise<Looked> =>
    lookAt(image, await records.tags.read(tagKey(place.scope, referenceOf(image)), signal), deciding);
  // Images come before what is attached to them, which is a part of their lines.
  const different = found.different.toSorted((a, b) => Number(isAttachment(a)) - Number(isAttachment(b)));
  for (let start = 0; start < different.length; start += DECIDED_AT_ONCE) {
    const batch = different.slice(start, start + DECIDED_AT_ONCE);
    const { looked, admitted, leftOut } = await decideBatch(batch, deciding, look, signal);
    for (const [index, { kind }] of looked.entries()) {
      const image = batch[index];
      if (image !== undefined && kind !== "open") sink.skip(nameOf(place, image), { rule: undefined, reason: kind });
    }
    for (const image of leftOut) {
      sink.skip(nameOf(place, image), { rule: undefined, reason: "backfill" }, image.backfillBytes);
    }
    await planBatch(admitted, repository, { ...context, sink }, signal);
    await sink.flush();
  }
  return found;
}

const isAttachment = (image: SourceImage): boolean => subjectOf(image) !== undefined;

async function planBatch(
  images: readonly Difference[],
  repository: RepositoryCase,
  context: PlanContext & { readonly sink: PlanSink },
  signal: AbortSignal,
): Promise<void> {
  const { sink, parallel } = context;
  const plan = (image: Difference, working: AbortSignal): Promise<PlannedImage | { readonly error: unknown }> =>
    planImage(image, repository, context, working).catch((error: unknown) => {
      working.throwIfAborted();
      return { error };
    });
  const planned = await concurrently(images, parallel, plan, signal);
  for (const [index, each] of planned.entries()) {
    const image = images[index];
    if (image === undefined) continue;
    if ("error" in each) sink.failed(nameOf(repository.place, image), each.error);
    else if (each.kind === "copy") sink.copy(each);
    else sink.skip(nameOf(repository.place, image), each.skip);
  }
}

/** Counts the images that no rule selects for the target, by the rule that came closest and its reason. Attachments follow their image. */
function noteUnselected(place: RepositoryTarget, { images, selection }: Differences, sink: PlanSink): void {
  for (const image of images) {
    if (selection.wants(image) || subjectOf(image) !== undefined) continue;
    const skip = skipOf(selection.decide(image));
    // Content without a tag is a part of a tagged image, or of nothing.
    if (skip !== undefined && image.tag !== undefined) sink.skip(nameOf(place, image), skip);
  }
}

function skipOf(decision: Decision): Skip | undefined {
  if (decision.kind === "waiting") return { rule: decision.rule.name, reason: "too-young" };
  return decision.kind === "not-selected" ? { rule: decision.rule?.name, reason: decision.reason } : undefined;
}

export function nameOf(
  { repository }: Pick<Place, "repository">,
  image: { readonly tag?: Tag | undefined; readonly digest: string },
): string {
  return image.tag === undefined ? `${repository}@${image.digest}` : `${repository}:${image.tag}`;
}
