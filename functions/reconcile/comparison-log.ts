import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { isGone } from "../../src/replication/reconcile/compare-repository.ts";
import type { ComparisonResult } from "../../src/replication/reconcile/compare-repository.ts";
import type { RepositoryTarget } from "../../src/replication/reconcile/repository-target.ts";

/** Logs and counts the differences that were found. `waiting`: requests in the destination's live queue; undefined: unknown. */
export function reportDifferences(
  { repository, destination }: RepositoryTarget,
  result: ComparisonResult | undefined,
  waiting: number | undefined,
  observer: Observer,
): { readonly asked: number; readonly missed: number } {
  if (result?.kind !== "compared") return { asked: 0, missed: 0 };
  const { asked, wanted, different, leftOut } = result.found;
  // A request that still waits in the queue is not in the tag record yet, so nothing counts as missed.
  const missed = waiting === 0 ? result.found.missed : 0;
  observer.count(Metric.tagsRepaired, asked, destination);
  observer.count(Metric.eventsMissed, missed, destination);
  const out = leftOut.images === 0 ? {} : { leftOut: leftOut.images, leftOutBytes: leftOut.bytes };
  if (different > 0)
    observer.info("Tags differ", { repository, destination, wanted, different, asked, missed, ...out });
  return { asked, missed };
}

/** Logs a failed comparison. True when it succeeded, and when the repository no longer exists. */
export function reportFailure(
  { repository, destination }: RepositoryTarget,
  result: ComparisonResult | undefined,
  observer: Observer,
): boolean {
  switch (result?.kind) {
    case undefined:
    case "compared":
      return true;
    case "left-out":
      if (result.isNew)
        observer.warn("Destination takes too much time; it is compared again in the next invocation", { destination });
      return false;
    case "stopped":
      return false;
    case "later":
      observer.info("Repository is compared later: the destination's rate is exhausted", { repository, destination });
      return false;
    case "slow":
      observer.warn("Repository took too long; it moves to the slow comparison", {
        repository,
        destination,
        error: describeError(result.error),
      });
      return false;
    case "failed":
      if (isOfDeleted(result)) return true;
      observer.warn("Repository could not be compared", {
        repository,
        destination,
        error: describeError(result.error),
      });
      return false;
  }
}

/** True when every target was compared, or the repository no longer exists. */
export function isDone(compared: readonly ComparisonResult[]): boolean {
  return compared.every((result) => result.kind === "compared" || isOfDeleted(result));
}

/** True when the source no longer has the repository. */
export function isOfDeleted(result: ComparisonResult | undefined): result is ComparisonResult & { kind: "failed" } {
  return result?.kind === "failed" && isGone(result.error);
}

/** New subjects of the slow comparison: the repository if the source is slow, otherwise the repository with one destination. */
export function slowSubjects(targets: readonly RepositoryTarget[], compared: readonly ComparisonResult[]): string[] {
  return targets.flatMap(({ repository, destination }, index) => {
    const result = compared[index];
    if (result?.kind !== "slow") return [];
    return [result.side === "source" ? repository : `${repository} ${destination}`];
  });
}
