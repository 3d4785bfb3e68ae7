import type { Digest } from "../../oci/digest.ts";
import type { ImageSource } from "../../oci/image-source.ts";
import type { Tag } from "../../oci/reference.ts";
import type { Differences } from "../../replication/reconcile/find-differences.ts";
import type { RepositoryTarget } from "../../replication/reconcile/repository-target.ts";
import { createTargetRepository } from "../content/target-repository.ts";
import type { TargetRepository } from "../content/target-repository.ts";
import type { PlanContext, TargetSide } from "./plan-context.ts";

/** What is known of a repository before its images are planned. */
export interface RepositoryCase {
  readonly place: RepositoryTarget;
  readonly source: ImageSource;
  readonly target: TargetSide;
  readonly known: TargetRepository;
  /** The tags of the target that are not equal to the source's. */
  readonly listed: ReadonlyMap<Tag, Digest>;
  /** All tags of the source. */
  readonly sourceTags: ReadonlySet<string>;
}

export function openRepository(
  place: RepositoryTarget,
  { images, listed, target, wanted, absent }: Differences,
  { sides }: PlanContext,
): RepositoryCase {
  const side = sides.target(place.destination, place.to);
  const isEmpty = listed.size === 0 && (target?.size ?? 0) === 0 && wanted === absent.length;
  const tags = isEmpty ? new Set<string>() : undefined;
  return {
    place,
    source: sides.source(place.repository),
    target: side,
    // Of a repository without tags, the first images tell whether it has content: then nothing small is asked for.
    known: createTargetRepository(side.target, { read: () => Promise.resolve(tags) }),
    listed,
    sourceTags: new Set(images.flatMap(({ tag }) => (tag === undefined ? [] : [tag]))),
  };
}
