import { COPY_LEASE_SECONDS } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { RepositoryName, Tag } from "../../src/oci/reference.ts";
import type { Tombstone } from "../../src/replication/deletes/deletion-record.ts";
import { forgetRepository, MIRRORED } from "../../src/replication/deletes/deleted-repositories.ts";
import { deletionReceipt } from "../../src/replication/deletes/deletion-receipt.ts";
import { mirrorDeletes } from "../../src/replication/deletes/mirror-deletes.ts";
import type { MirrorContext, Mirrored } from "../../src/replication/deletes/mirror-deletes.ts";
import { describeOutcome } from "../../src/replication/outcome/outcome.ts";
import type { DeleteOutcome } from "../../src/replication/outcome/outcome.ts";
import type { ComparisonResult } from "../../src/replication/reconcile/compare-repository.ts";
import type { BothListings } from "../../src/replication/reconcile/reconcile-repository.ts";
import type { RepositoryTarget } from "../../src/replication/reconcile/repository-target.ts";
import { rulesOf } from "../../src/replication/rules/evaluate-rules.ts";
import { isOfDeleted } from "./comparison-log.ts";
import type { ReconcileDependencies } from "./reconcile-dependencies.ts";

/** The comparison of a repository with its targets: its correlation id, and when the listing of the source began. */
interface Compared {
  readonly repository: RepositoryName;
  readonly targets: readonly RepositoryTarget[];
  /** The result for each target. */
  readonly compared: readonly ComparisonResult[];
  readonly id: string;
  readonly listedAt: number;
  readonly ending: AbortSignal;
}

/** Mirrors deletes to each target. A deleted source repository is forgotten when no target has any of its tags. */
export async function mirrorAll(
  { repository, targets, compared, ...about }: Compared,
  dependencies: ReconcileDependencies,
  signal: AbortSignal,
): Promise<void> {
  let isHeld = false;
  for (const [index, target] of targets.entries())
    isHeld = (await mirror({ ...about, target, result: compared[index] }, dependencies, signal)) || isHeld;
  if (isHeld || !targets.some(({ keepsListings }) => keepsListings) || !compared.every(isOfDeleted)) return;
  await dependencies.cycles.update(MIRRORED, (record) => forgetRepository(record, repository), about.ending);
}

interface ComparedTarget extends Pick<Compared, "id" | "listedAt" | "ending"> {
  readonly target: RepositoryTarget;
  readonly result: ComparisonResult | undefined;
}

/**
 * Writes tombstones and deletes what is due at one target, as its rules ask. Never throws, except when the time has run out.
 * @returns true if tags are held back, or may be.
 */
async function mirror(
  { target, result, id, listedAt, ending }: ComparedTarget,
  dependencies: ReconcileDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  const { configuration, observer } = dependencies;
  const { repository, destination, isFor } = target;
  const leaseMs = COPY_LEASE_SECONDS * 1_000;
  const context: MirrorContext = {
    ...dependencies,
    leaseMs,
    id,
    ending,
    report: (tombstone, outcome, working) => report(tombstone, outcome, { ...dependencies, target }, working),
    failed: (tombstone, error) => {
      const { tag: reference } = tombstone;
      const about = { destination, repository, reference, error: describeError(error) };
      observer.warn("Tag could not be deleted; the next comparison tries again", about);
    },
  };
  try {
    const listings = await listingsOf(target, result, signal);
    if (listings === undefined) return false;
    const seen = { ...listings, rules: rulesOf(repository, configuration.rules), isFor, listedAt };
    const mirrored = await mirrorDeletes(seen, target, context, signal);
    noteMirrored(target, mirrored, dependencies);
    return mirrored.heldBack !== undefined;
  } catch (error) {
    signal.throwIfAborted();
    const about = { destination, repository, error: describeError(error) };
    observer.warn("Deletes could not be mirrored; the next comparison tries again", about);
    return true;
  }
}

/** What both sides have, if some rule deletes tags. A source repository that was deleted has nothing, and its target is listed for that. */
async function listingsOf(
  { target, keepsListings }: RepositoryTarget,
  result: ComparisonResult | undefined,
  signal: AbortSignal,
): Promise<(BothListings & { readonly isGone?: boolean }) | undefined> {
  if (result?.kind === "compared") return result.found.listings;
  if (!keepsListings || !isOfDeleted(result)) return undefined;
  const tags = new Map<Tag, Digest>();
  for await (const { tag, digest } of target(signal)) if (tag !== undefined) tags.set(tag, digest);
  return { images: [], target: tags, isGone: true };
}

/** Writes the receipt of a tombstone, unless it has one. */
async function report(
  tombstone: Tombstone,
  outcome: DeleteOutcome,
  { configuration, receipts, observer, clock, target }: ReconcileDependencies & { readonly target: RepositoryTarget },
  signal: AbortSignal,
): Promise<void> {
  const ended = { tombstone, place: target, outcome, configuration: configuration.version, endedAt: clock.now() };
  const { about, receipt } = deletionReceipt(ended, traceparentOf);
  if ((await receipts.write(about, receipt, signal)) !== receipt) return;
  const { id: correlationId, destination, repository, reference, digest, rule, configuration: version } = receipt;
  const subject = { destination, repository, reference, digest, rule, configuration: version };
  observer.info(`Tombstone ended: ${describeOutcome(outcome)}`, { ...subject, correlationId, foundBy: tombstone.by });
  if (outcome.outcome === "deleted") observer.count(Metric.tagsDeleted, 1, target.destination);
}

const HELD = {
  "source-empty": "The source repository has no tag left; nothing is deleted at the destination",
  "source-deleted": "The source repository was deleted; nothing is deleted at the destination",
  ratio: "More tags are due than its rule deletes in a day; the others stay for now",
  "target-refuses": "The destination refuses to delete tags",
} as const;

function noteMirrored(
  { repository, destination }: RepositoryTarget,
  { noted, heldBack }: Mirrored,
  { observer }: ReconcileDependencies,
): void {
  if (noted > 0) {
    observer.info("Tombstones written", { repository, destination, tombstones: noted });
    observer.count(Metric.tombstones, noted, destination);
  }
  if (heldBack === undefined) return;
  const { reason, count } = heldBack;
  observer.error(HELD[reason], { repository, destination, reason, tags: count });
  observer.count(Metric.deletesHeldBack, count, destination);
}
