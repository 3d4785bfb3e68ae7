import { concurrently } from "../../async/run-concurrently.ts";
import { compileGlobs } from "../../contract/patterns/glob.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { isGone } from "../../replication/reconcile/compare-repository.ts";
import { targetsOf } from "../../replication/reconcile/repository-targets.ts";
import type { SourceImage } from "../../replication/reconcile/source-catalog.ts";
import { rulesOf } from "../../replication/rules/evaluate-rules.ts";
import { isAllowed } from "../../replication/rules/repository-overrides.ts";
import type { PlanContext } from "./plan-context.ts";
import { planDeletes } from "./plan-deletes.ts";
import type { DeletesCase } from "./plan-deletes.ts";
import { backfillsOf, planRepository } from "./plan-repository.ts";
import type { PlanRepository, PlanSink } from "./plan-repository.ts";

/** Receives what the comparison of one destination finds. */
export type SinkOf = (destination: string) => PlanSink;

/** Repositories that are compared at once: the listings of each are in memory. */
export const CONCURRENT_REPOSITORIES = 4;

/** The repositories of the source, by name: those that rules select, and those that no rule is for. */
export async function selectRepositories(
  { configuration, sides }: Pick<PlanContext, "configuration" | "sides">,
  isAsked: (name: string) => boolean,
  signal: AbortSignal,
): Promise<{ readonly selected: readonly RepositoryName[]; readonly unselected: readonly RepositoryName[] }> {
  const all = (await sides.catalog.repositories(signal)).filter(isAsked).toSorted();
  const isSelected = (name: string): boolean => rulesOf(name, configuration.rules).length > 0;
  return { selected: all.filter(isSelected), unselected: all.filter((name) => !isSelected(name)) };
}

/** Compares every repository that rules select, with each of its targets. @returns repositories that no rule is for. */
export async function compareAll(
  context: PlanContext,
  globs: readonly string[],
  sinkOf: SinkOf,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const isAsked = globs.length === 0 ? () => true : compileGlobs(globs);
  const { selected, unselected } = await selectRepositories(context, isAsked, signal);
  await concurrently(selected, CONCURRENT_REPOSITORIES, createComparer(context, sinkOf), signal);
  return unselected;
}

/**
 * Compares one repository at a time with each of its targets. What the backfill policy leaves out counts over all of them. @param then what else
 * is done with what both sides list.
 */
export function createComparer(
  context: PlanContext,
  sinkOf: SinkOf,
  then: (about: DeletesCase, context: PlanRepository, signal: AbortSignal) => Promise<void> = planDeletes,
): (repository: RepositoryName, signal: AbortSignal) => Promise<void> {
  const { sides } = context;
  const lasting = { ...context, backfills: backfillsOf(context), at: context.now() };
  return async (repository, signal) => {
    const places = await allowedPlaces(repository, context, sinkOf, signal);
    const listed = listedOnce(repository, context);
    for (const place of places) {
      const sink = sinkOf(place.destination);
      const own = { ...lasting, sides: { ...sides, catalog: { ...sides.catalog, tags: listed } } };
      try {
        const found = await planRepository(place, own, sink, signal);
        await then({ place, found, sink }, own, signal);
      } catch (error) {
        signal.throwIfAborted();
        // It was deleted since it was listed.
        if (!isGone(error)) sink.failed(repository, error);
      }
      await sink.flush();
    }
  };
}

/** The targets of a repository that the tags of the repository allow. */
async function allowedPlaces(
  repository: RepositoryName,
  { configuration, sides, facts, now }: PlanContext,
  sinkOf: SinkOf,
  signal: AbortSignal,
) {
  const places = targetsOf(repository, { configuration, ...sides, now });
  try {
    const overrides = await facts.overrides?.(repository, signal);
    return places.filter(({ destination }) => {
      const isOpen = isAllowed(destination, overrides);
      if (!isOpen) sinkOf(destination).skip(repository, { rule: undefined, reason: "repository-tag" });
      return isOpen;
    });
  } catch (error) {
    signal.throwIfAborted();
    for (const { destination } of places) sinkOf(destination).failed(repository, error);
    return [];
  }
}

/** The source is listed once for all targets of a repository. */
function listedOnce(repository: RepositoryName, { sides: { catalog } }: PlanContext) {
  let all: SourceImage[] | undefined;
  return async function* list(_repository: RepositoryName, signal: AbortSignal): AsyncGenerator<SourceImage> {
    all ??= await Array.fromAsync(catalog.tags(repository, signal));
    yield* all;
  };
}
