import { RateExceededError } from "../../oci/errors/rate-exceeded-error.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { reconcileRepository } from "./reconcile-repository.ts";
import type { ReconcileContext, Reconciled, RepositoryTarget } from "./reconcile-repository.ts";
import type { SourceCatalog, SourceImage } from "./source-catalog.ts";
import { unlessAborted } from "../../async/abort.ts";
import { limitListing, TooSlowError } from "../../async/limited-listing.ts";
import type { ListingLimits, Timeout } from "../../async/limited-listing.ts";
import type { FailureBudgets } from "./failure-budgets.ts";

/** What a comparison with one destination came to. */
export type ComparisonResult =
  | { readonly kind: "compared"; readonly found: Reconciled }
  | { readonly kind: "failed"; readonly error: unknown }
  /** It took longer than its limits; `side`: the end that did. */
  | { readonly kind: "slow"; readonly side: "source" | "target"; readonly error: unknown }
  /** The destination takes too much time in this invocation. */
  | { readonly kind: "left-out"; readonly isNew: boolean }
  /** The destination's rate is used up by what is in a hurry. */
  | { readonly kind: "later" }
  /** The time of the invocation is up. */
  | { readonly kind: "stopped" };

export interface CompareRepository extends ReconcileContext {
  readonly limits: ListingLimits;
  readonly timeout: Timeout;
  readonly budgets: FailureBudgets;
}

/** Compares a repository with every place it goes to, side by side; its source is listed once. Does not throw. */
export async function compareRepository(
  places: readonly RepositoryTarget[],
  context: CompareRepository,
  signal: AbortSignal,
): Promise<ComparisonResult[]> {
  const { limits, timeout } = context;
  const catalog = listedOnce({
    tags: (repository) => limitListing((own) => context.catalog.tags(repository, own), limits, timeout, signal),
  });
  return Promise.all(places.map((place) => comparePlace(place, { ...context, catalog }, signal)));
}

async function comparePlace(
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
  const hasManifest: RepositoryTarget["hasManifest"] = (digest) =>
    unlessAborted(place.hasManifest(digest, either), either);
  try {
    const found = await reconcileRepository({ ...place, target, hasManifest }, context, either);
    return { kind: "compared", found };
  } catch (error) {
    if (signal.aborted) return { kind: "stopped" };
    const isSource = catalog.error !== undefined;
    // Waiting for a turn is no time that the destination took.
    if (!isSource && error instanceof RateExceededError) return { kind: "later" };
    if (!isSource && (budgets.spend(destination, now() - from) || out.aborted))
      return { kind: "left-out", isNew: error !== out.reason };
    return failureOf(error, isSource ? "source" : "target", either);
  }
}

/** A target that passed a limit is slow, and so is whatever did not end by itself. */
function failureOf(error: unknown, side: "source" | "target", limit: AbortSignal): ComparisonResult {
  const isSlow = error instanceof TooSlowError || (limit.aborted && side === "target");
  return isSlow ? { kind: "slow", side, error } : { kind: "failed", error };
}

/** A listing of one repository that is read once, by the first who wants it, for all. */
interface ListedOnce extends Pick<SourceCatalog, "tags"> {
  /** Why it could not be read. */
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

/** The repository was deleted since it was listed. */
export function isGone(error: unknown): boolean {
  return error instanceof RegistryError && error.side === "source" && error.code === "NAME_UNKNOWN";
}
