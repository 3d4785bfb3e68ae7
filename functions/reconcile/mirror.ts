import { COPY_LEASE_SECONDS } from "../../src/contract/stack/limits.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import type { Tombstone } from "../../src/replication/deletes/deletion-record.ts";
import { mirrorDeletes } from "../../src/replication/deletes/mirror-deletes.ts";
import type { MirrorContext, Mirrored } from "../../src/replication/deletes/mirror-deletes.ts";
import { describeOutcome } from "../../src/replication/outcome/outcome.ts";
import type { DeleteOutcome } from "../../src/replication/outcome/outcome.ts";
import type { ComparisonResult } from "../../src/replication/reconcile/compare-repository.ts";
import type { RepositoryTarget } from "../../src/replication/reconcile/repository-target.ts";
import { rulesOf } from "../../src/replication/rules/evaluate-rules.ts";
import { tagKey } from "../../src/replication/state/tag-record.ts";
import type { ReconcileDependencies } from "./reconcile-dependencies.ts";

/** The comparison of one target: its result, its correlation id, and when the listing of the source began. */
interface Compared {
  readonly target: RepositoryTarget;
  readonly result: ComparisonResult | undefined;
  readonly id: string;
  readonly listedAt: number;
  readonly ending: AbortSignal;
}

/** Writes tombstones and deletes what is due at one target, as its rules ask. Never throws, except when the time has run out. */
export async function mirror(
  { target, result, id, listedAt, ending }: Compared,
  dependencies: ReconcileDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { configuration, observer } = dependencies;
  const { repository, destination, isFor } = target;
  const listings = result?.kind === "compared" ? result.found.listings : undefined;
  if (listings === undefined) return;
  const seen = { ...listings, rules: rulesOf(repository, configuration.rules), isFor, listedAt };
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
    noteMirrored(target, await mirrorDeletes(seen, target, context, signal), dependencies);
  } catch (error) {
    signal.throwIfAborted();
    const about = { destination, repository, error: describeError(error) };
    observer.warn("Deletes could not be mirrored; the next comparison tries again", about);
  }
}

/** Writes the receipt of a tombstone. Its id is that of the tombstone, so that each has one receipt. */
async function report(
  { tag, digest, seenAt, by, rule }: Tombstone,
  outcome: DeleteOutcome,
  { configuration, receipts, observer, clock, target }: ReconcileDependencies & { readonly target: RepositoryTarget },
  signal: AbortSignal,
): Promise<void> {
  const { repository, destination, scope } = target;
  const id = `delete-${new Date(seenAt).toISOString()}-${outcome.reason}`;
  const subject = { destination, repository, reference: tag, digest, rule, configuration: configuration.version };
  const receipt = {
    id,
    pushedAt: seenAt,
    endedAt: clock.now(),
    traceparent: traceparentOf(id),
    ...subject,
    ...outcome,
  };
  const written = await receipts.write({ kind: "tag", key: tagKey(scope, tag) }, receipt, signal);
  if (written === "known") return;
  observer.info(`Tombstone ended: ${describeOutcome(outcome)}`, { ...subject, correlationId: id, foundBy: by });
  if (outcome.outcome === "deleted") observer.count(Metric.tagsDeleted, 1, destination);
}

const HELD = {
  "source-empty": "The source repository has no tag left; nothing is deleted at the destination",
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
