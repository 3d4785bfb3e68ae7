import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Tag } from "../../oci/reference.ts";
import type { DecidedCase } from "../../replication/conflict/decide-conflict.ts";
import { decideEnding } from "../../replication/conflict/end-conflict.ts";
import { decideTag } from "../../replication/decide/decide-tag.ts";
import type { DecidedTag, TagCase, TagPolicy, TagPorts } from "../../replication/decide/decide-tag.ts";
import type { PlatformSubset } from "../../replication/image/platform-subset.ts";
import { resolveIfVisible } from "../../replication/image/resolve-if-visible.ts";
import type { CopyReport } from "../../replication/outcome/copy-report.ts";
import type { Difference } from "../../replication/reconcile/request-copies.ts";
import { tagKey } from "../../replication/state/tag-record.ts";
import type { TagRecord } from "../../replication/state/tag-record.ts";
import type { PlanContext, TargetSide } from "./plan-context.ts";
import type { PlannedCopy } from "./plan-line.ts";
import type { RepositoryCase } from "./repository-case.ts";

/** One image, and what is copied of it. */
export interface ImageCase {
  readonly chosen: PlatformSubset;
  readonly ports: TagPorts & TargetSide;
  readonly repository: RepositoryCase;
}

export type DecidedPlace =
  | { readonly kind: "skip"; readonly reason: string }
  | {
      readonly kind: "place";
      readonly how: PlannedCopy["how"];
      /** What names the image at the target. */
      readonly as: Tag | Digest;
      /** What that names now. */
      readonly current: Digest | undefined;
      readonly decided: DecidedCase;
      readonly record: TagRecord | undefined;
    };

/** Decides what names the image at the target, if anything. A tag that is taken may give the image another one. */
export async function decidePlace(
  image: Difference,
  about: ImageCase & { readonly policy: TagPolicy },
  context: PlanContext,
  signal: AbortSignal,
): Promise<DecidedPlace> {
  const { chosen, ports, policy } = about;
  let [as, rules, isRenamed] = [image.reference, policy, false];
  for (;;) {
    const { tag, current, record } = await decideUnder(as, { ...about, image, policy: rules }, context, signal);
    if (tag.kind !== "open") return skip(tag.kind === "moved" ? "moving" : reasonOf(tag.report));
    const { decided } = tag;
    const ending = await decideEnding(decided, ports.source, signal);
    if (ending?.kind === "ended") return skip(reasonOf(ending.report));
    if (ending === undefined) {
      const place = { kind: "place", decided, record } as const;
      if (decided.decision.kind === "keep") {
        return { ...place, how: "keep", as: chosen.root.digest, current: undefined };
      }
      return { ...place, how: isRenamed ? "rename" : howOf(decided), as, current };
    }
    // If the other tag is taken, too, people have to decide, as for a copy.
    [as, rules, isRenamed] = [ending.tag, { ...policy, conflict: { strategy: "fail" } }, true];
  }
}

interface TagsCase extends ImageCase {
  readonly image: Difference;
  readonly policy: TagPolicy;
}

interface DecidedUnder {
  readonly tag: DecidedTag;
  readonly current: Digest | undefined;
  readonly record: TagRecord | undefined;
}

async function decideUnder(
  as: Tag | Digest,
  { image: { reference, pushedAt }, chosen, ports, repository, policy }: TagsCase,
  { records }: PlanContext,
  signal: AbortSignal,
): Promise<DecidedUnder> {
  const record = await records.tags.read(tagKey(repository.place.scope, as), signal);
  const { replicated, puts, conflict, wantedAt = 0 } = record ?? {};
  const asked: TagCase = {
    reference,
    pushedAt,
    wantedAt: Math.max(wantedAt, pushedAt),
    puts: { replicated, puts, conflict },
    before: { replicated },
  };
  const current = await currentOf(as, repository, signal);
  const sides = { chosen, current: current === undefined ? undefined : { digest: current } };
  return { tag: await decideTag(asked, sides, { policy, ports }, signal), current, record };
}

const skip = (reason: string): DecidedPlace => ({ kind: "skip", reason });

function howOf({ decision: { kind } }: DecidedCase): PlannedCopy["how"] {
  return kind === "fail" ? "put" : kind;
}

/** What the target's tag names: the listing has said that; content without a tag is asked for. */
async function currentOf(
  reference: Tag | Digest,
  { listed, target }: RepositoryCase,
  signal: AbortSignal,
): Promise<Digest | undefined> {
  if (!isDigest(reference)) return listed.get(reference);
  return (await resolveIfVisible(target.target, reference, signal))?.digest;
}

/** Why a copy would end without a put, in one word. */
export function reasonOf(report: CopyReport): string {
  return "reason" in report ? report.reason : report.outcome;
}
