import { sizesOf } from "../backfill/backfill-policy.ts";
import type { LeftOutImages } from "../backfill/backfill-record.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import { isSettled } from "../conflict/settled-conflict.ts";
import { findDifferences } from "./find-differences.ts";
import type { Differences } from "./find-differences.ts";
import { requestCopies } from "./request-copies.ts";
import type { DecisionContext, RequestContext } from "./request-copies.ts";
import type { RepositoryTarget } from "./repository-target.ts";
import { subjectOf } from "./source-catalog.ts";
import type { SourceCatalog, SourceImage } from "./source-catalog.ts";

export interface ReconcileContext extends Omit<
  RequestContext,
  "scope" | "destination" | "repository" | "attachedAt" | "isDecided" | "backfill" | "bytesOf"
> {
  readonly catalog: Pick<SourceCatalog, "tags">;
}

export interface Reconciled {
  /** Source images that the rules select for the destination; every tag counts. */
  readonly wanted: number;
  /** Images that differ at the destination, and attachments that are missing there. A conflict that a copy has decided does not count. */
  readonly different: number;
  /** Differences that were requested now; the others are being copied, or were requested before. */
  readonly asked: number;
  /** Requested differences whose push event was lost. */
  readonly missed: number;
  /** Differences that the backfill policy left out. */
  readonly leftOut: LeftOutImages;
  /** What both sides list, if the target asks to keep it. */
  readonly listings?: BothListings | undefined;
}

export interface BothListings {
  readonly images: readonly SourceImage[];
  /** The tags of the target. */
  readonly target: ReadonlyMap<Tag, Digest>;
}

/**
 * Compares one repository at source and target and requests copies of what differs: selected images and their attachments,
 * whatever the tags of those. Each difference is requested once: its request stays in the queue until it has ended, however
 * long the destination is unavailable.
 */
export async function reconcileRepository(
  place: RepositoryTarget,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Reconciled> {
  const found = await findDifferences(place, context, signal);
  const { images, wanted, different, target } = found;
  const { repository, destination, scope, backfill } = place;
  const requests = { ...context, ...deciderOf(found, context.now), repository, destination, scope, backfill };
  const { asked, missed, decided, leftOut } = await requestCopies(different, requests, signal);
  return {
    wanted,
    different: different.length - decided,
    asked,
    missed,
    leftOut,
    listings: target && { images, target },
  };
}

/** What both listings say that decides about requests. */
export function deciderOf(
  { images, selection, absent, listed }: Differences,
  now: () => number,
): Pick<DecisionContext, "isDecided" | "bytesOf" | "attachedAt"> {
  const isDecided: DecisionContext["isDecided"] = ({ tag, ...image }, conflict) =>
    tag !== undefined &&
    isSettled(conflict, {
      tag,
      digest: image.digest,
      atTarget: listed,
      now: now(),
      policies: selection.conflictPolicies({ tag, ...image }),
    });
  return { isDecided, bytesOf: createSizes(images, absent), attachedAt: attachedTimes(images) };
}

function attachedTimes(images: readonly SourceImage[]): (digest: Digest) => number {
  const times = new Map<Digest, number>();
  for (const image of images) {
    const subject = subjectOf(image);
    if (subject !== undefined) times.set(subject, Math.max(times.get(subject) ?? 0, image.pushedAt));
  }
  return (digest) => times.get(digest) ?? 0;
}

/** Sizes of the images that may be a backfill; undefined for attachments, which follow an image that the target has. */
function createSizes(images: readonly SourceImage[], absent: readonly SourceImage[]): DecisionContext["bytesOf"] {
  const own = new Set(absent);
  let sizes: ReturnType<typeof sizesOf> | undefined;
  return (image) => {
    if (!own.has(image)) return undefined;
    sizes ??= sizesOf(images);
    return sizes(image);
  };
}
