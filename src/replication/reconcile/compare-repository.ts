import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { reconcileRepository } from "./reconcile-repository.ts";
import type { ReconcileContext, Reconciled } from "./reconcile-repository.ts";
import type { RepositoryTarget } from "./repository-target.ts";
import type { SourceCatalog, SourceImage } from "./source-catalog.ts";
import { unlessAborted } from "../../async/abort.ts";
import { limitListing, TooSlowError } from "./limited-listing.ts";
import type { ListingLimits, Timeout } from "./limited-listing.ts";
import type { FailureBudgets } from "./failure-budgets.ts";

/** How the comparison with one target ended. */
export type ComparisonResult =
  | { readonly kind: "compared"; readonly found: Reconciled }
  | { readonly kind: "failed"; readonly error: unknown }
  /** The comparison exceeded its limits; `side`: the slow registry. */
  | { readonly kind: "slow"; readonly side: "source" | "target"; readonly error: unknown }
  /** The destination has exhausted its failure budget in this invocation; `isNew`: with this comparison. */
  | { readonly kind: "left-out"; readonly isNew: boolean }
  /** The destination's rate leaves nothing for low-priority requests. */
  | { readonly kind: "later" }
  /** The time of the invocation ran out. */
  | { readonly kind: "stopped" };

export interface CompareRepository extends ReconcileContext {
  readonly limits: ListingLimits;
  readonly timeout: Timeout;
  readonly budgets: FailureBudgets;
}

/** Compares a repository with all its targets concurrently; the source is listed once. Never throws. */
export async function compareRepository(
  targets: readonly RepositoryTarget[],
  context: CompareRepository,
  signal: AbortSignal,
): Promise<ComparisonResult[]> {
  const { limits, timeout } = context;
  const catalog = listedOnce({
    tags: (repository) => limitListing((own) => context.catalog.tags(repository, own), limits, timeout, signal),
  });
  return Promise.all(targets.map((place) => compareTarget(place, { ...context, catalog }, signal)));
}

async function compareTarget(
  place: RepositoryTarget,
  context: CompareRepository & { readonly catalog: ListedOnce },
  signal: AbortSignal,
): Promise<ComparisonResult> {
  const { budgets, limits, timeout, now, catalog } = context;
  const { destination } = place;
  const out = budgets.signal(destination);
  if (out.aborted) return { kind: "left-out", isNew: false };
  const either = AbortSignal.any([signal, out, ...(limits.totalMs === undefined ? [] : [timeout(limits.totalMs)])]);
  let from = now();
  const target: RepositoryTarget["target"] = () => {
    from = now();
    return limitListing((own) => place.target(own), limits, timeout, either);
  };
  const hasManifest: RepositoryTarget["hasManifest"] = (content) =>
    unlessAborted(place.hasManifest(content, either), either);
  try {
    const found = await reconcileRepository({ ...place, target, hasManifest }, context, either);
    return { kind: "compared", found };
  } catch (error) {
    if (signal.aborted) return { kind: "stopped" };
    const isSource = catalog.error !== undefined;
    // The wait for a slot of the rate must not count against the destination.
    if (!isSource && error instanceof RateExceededError) return { kind: "later" };
    if (!isSource && (budgets.spend(destination, now() - from) || out.aborted))
      return { kind: "left-out", isNew: error !== out.reason };
    return failureOf(error, isSource ? "source" : "target", either);
  }
}

/** A listing that exceeded a limit is slow, and so is a target that was still busy when the time limit aborted it. */
function failureOf(error: unknown, side: "source" | "target", limit: AbortSignal): ComparisonResult {
  const isSlow = error instanceof TooSlowError || (limit.aborted && side === "target");
  return isSlow ? { kind: "slow", side, error } : { kind: "failed", error };
}

/** The source listing of one repository: read once, shared by all comparisons. */
interface ListedOnce extends Pick<SourceCatalog, "tags"> {
  /** Why the listing failed; undefined unless it did. */
  readonly error: unknown;
}

function listedOnce(catalog: {
  tags(repository: RepositoryTarget["repository"]): AsyncIterable<SourceImage>;
}): ListedOnce {
  let all: Promise<SourceImage[]> | undefined;
  let failure: unknown;
  return {
    get error() {
      return failure;
    },
    async *tags(repository) {
      all ??= Array.fromAsync(catalog.tags(repository));
      try {
        yield* await all;
      } catch (error) {
        failure = error;
        throw error;
      }
    },
  };
}

/** True when the source repository was deleted after it was listed. */
export function isGone(error: unknown): boolean {
  return error instanceof RegistryError && error.side === "source" && error.code === "NAME_UNKNOWN";
}
