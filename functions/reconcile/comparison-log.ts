import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { isGone } from "../../src/replication/reconcile/compare-repository.ts";
import type { ComparisonResult } from "../../src/replication/reconcile/compare-repository.ts";
import type { RepositoryTarget } from "../../src/replication/reconcile/reconcile-repository.ts";

/** Logs and counts what a comparison found. `waiting`: events in the destination's live queue; undefined when unknown. */
export function reportDifferences(
  { repository, destination }: RepositoryTarget,
  place: ComparisonResult | undefined,
  waiting: number | undefined,
  observer: Observer,
): { readonly asked: number; readonly missed: number } {
  if (place?.kind !== "compared") return { asked: 0, missed: 0 };
  const { asked, wanted, different } = place.found;
  // What waits in the queue has been heard of, though no copy has noted it yet.
  const missed = waiting === 0 ? place.found.missed : 0;
  observer.count(Metric.tagsRepaired, asked, destination);
  observer.count(Metric.eventsMissed, missed, destination);
  if (different > 0) observer.info("Tags differ", { repository, destination, wanted, different, asked, missed });
  return { asked, missed };
}

/** Logs what could not be compared. True for what was, and for a repository that is gone. */
export function reportFailure(
  { repository, destination }: RepositoryTarget,
  place: ComparisonResult | undefined,
  observer: Observer,
): boolean {
  switch (place?.kind) {
    case undefined:
    case "compared":
      return true;
    case "left-out":
      if (place.isNew)
        observer.warn("Destination takes too much time; it is compared again with the next call", { destination });
      return false;
    case "stopped":
      return false;
    case "later":
      observer.info("Repository is compared later: the destination's rate is used up", { repository, destination });
      return false;
    case "slow":
      observer.warn("Repository took too long; it is compared apart from the others", {
        repository,
        destination,
        error: describeError(place.error),
      });
      return false;
    case "failed":
      if (isGone(place.error)) return true;
      observer.warn("Repository could not be compared", {
        repository,
        destination,
        error: describeError(place.error),
      });
      return false;
  }
}

/** True when nothing of a repository is left to compare. */
export function isDone(compared: readonly ComparisonResult[]): boolean {
  return compared.every((place) => place.kind === "compared" || (place.kind === "failed" && isGone(place.error)));
}

/** What is to be compared apart from now on: the whole repository, or with one destination. */
export function slowSubjects(places: readonly RepositoryTarget[], compared: readonly ComparisonResult[]): string[] {
  return places.flatMap(({ repository, destination }, index) => {
    const place = compared[index];
    if (place?.kind !== "slow") return [];
    return [place.side === "source" ? repository : `${repository} ${destination}`];
  });
}
