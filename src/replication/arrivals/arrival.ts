import { isDigest } from "../../oci/digest.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import type { ReadEvent } from "../planning/push-event.ts";

/** The source that notifications must be about. */
export interface ArrivalPlace {
  /** `host` or `host:port` */
  readonly registry: string;
  /** Path in front of the names that rules have. */
  readonly prefix?: string | undefined;
}

/** One notified push or delete, as far as it could be read. */
export interface NotifiedPush {
  readonly id: string;
  /** The repository as the registry names it. */
  readonly repository: string;
  /** A tag, or a digest when the push had no tag. */
  readonly reference: string;
  /** Epoch milliseconds; not a number when the sender gave no valid time. */
  readonly at: number;
  /** It was deleted. The digest that the tag named, if the sender says so. */
  readonly deleted?: { readonly digest: string | undefined } | undefined;
}

/** A delete counts as this old at most, in milliseconds: by a sender's clock that is behind, its grace period would be over at once. */
const MOST_LATE_MS = 3_600_000;

/** Checks the names of a push or a delete, and takes the prefix from its repository. @param now limits the time: a sender's clock may be ahead. */
export function readArrival(push: NotifiedPush, { prefix }: ArrivalPlace, now: number): ReadEvent {
  const { id, reference, at } = push;
  const below = prefix === undefined ? "" : `${prefix}/`;
  if (!push.repository.startsWith(below))
    return { kind: "ignored", id, reason: "a repository outside of the source's prefix" };
  const repository = push.repository.slice(below.length);
  if (!isRepositoryName(repository)) return malformed(id, "repository: is not a repository name");
  if (!isTag(reference) && !isDigest(reference)) return malformed(id, "reference: is neither a tag nor a digest");
  const pushedAt = Number.isFinite(at) && at > 0 ? Math.min(Math.trunc(at), now) : now;
  if (push.deleted !== undefined) {
    if (!isTag(reference)) return { kind: "ignored", id, reason: "a delete of content without a tag" };
    const { digest = "" } = push.deleted;
    const known = isDigest(digest) ? digest : undefined;
    const deletedAt = Math.max(pushedAt, now - MOST_LATE_MS);
    return { kind: "deleted", deleted: { id, repository, tag: reference, digest: known, deletedAt } };
  }
  return { kind: "pushed", pushed: { id, repository, reference, isUntagged: isDigest(reference), pushedAt } };
}

export function malformed(id: string | undefined, problem: string): ReadEvent {
  return { kind: "malformed", id, problem };
}

/** The problem of a body that does not match its schema. */
export function issueOf(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}): string {
  const [issue] = error.issues;
  return `${issue?.path.map(String).join(".") || "body"}: ${issue?.message ?? "is malformed"}`;
}
