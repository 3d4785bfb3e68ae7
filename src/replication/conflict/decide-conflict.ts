import type { Digest } from "../../oci/digest.ts";
import type { ResolvedManifest } from "../../oci/image-source.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { ReportedConflict } from "../outcome/conflict.ts";
import { isDigest } from "../../oci/digest.ts";
import { converge, QUIET_MS } from "./converge.ts";
import type { BothSources } from "./converge.ts";
import { policyKey } from "./conflict-policy.ts";
import type { ConflictPolicy } from "./conflict-policy.ts";
import { isMergedIndex, mergeIndexes } from "./merge-indexes.ts";
import { isConflict, resolveConflict } from "./resolve-conflict.ts";
import type { ConflictDecision, KnownPuts, SourceSide } from "./resolve-conflict.ts";
import type { TargetReader } from "./target-reader.ts";

/** Everything that decides about one tag. */
export interface ConflictCase {
  readonly policy: ConflictPolicy;
  readonly source: SourceSide;
  /** What the source's tag names. */
  readonly wanted: Manifest;
  /** What is not copied of it: its rule chooses other platforms. */
  readonly excluded?: ReadonlySet<Digest> | undefined;
  /** What the target's tag names. */
  readonly current: Pick<ResolvedManifest, "digest"> | undefined;
  readonly known: KnownPuts;
  /** Whether the source has an image, under any tag. */
  readonly sourceHas: (digest: Digest, signal: AbortSignal) => Promise<boolean>;
}

/** What is to be done with one tag. */
export interface DecidedCase {
  readonly decision: ConflictDecision;
  /** What the target's tag is to name. */
  readonly expected: Manifest;
  /** Undefined when there is none. */
  readonly conflict: ReportedConflict | undefined;
}

/**
 * Decides about one tag, and asks the target as far as the policy needs it: in most cases, nothing.
 * @returns undefined when the image at the target disappeared meanwhile.
 */
export async function decideConflict(
  asked: ConflictCase,
  reader: TargetReader,
  signal: AbortSignal,
): Promise<DecidedCase | undefined> {
  const { policy, source, wanted, current, known } = asked;
  const isForeign = isConflict(source, current, known);
  if (current === undefined && wasDeleted(asked)) return keptAway(asked);
  if (current === undefined || current.digest === wanted.digest) return nothingToDecide(wanted);
  if (policy.strategy === "merge") return decideMerge(asked, current, reader, signal);
  if (policy.strategy === "converge") return decideInCircle(asked, current, reader, signal);
  const pushedAt =
    policy.strategy === "newest-wins" && isForeign ? await reader.pushedAt(current.digest, signal) : undefined;
  const decision = resolveConflict(policy, source, { digest: current.digest, pushedAt }, known);
  return decided(asked, current.digest, decision, wanted);
}

/** The target has had the image under this tag, and it was not pushed to the source since: a third party deleted the tag at the target. */
function wasDeleted({ policy, source, wanted, known: { record } }: ConflictCase): boolean {
  if (policy.strategy !== "converge" || policy.keepsDeletes !== true || isDigest(source.reference)) return false;
  return record.replicated?.digest === wanted.digest && source.pushedAt <= record.replicated.at;
}

function keptAway({ policy, source, wanted }: ConflictCase): DecidedCase {
  const decision = { kind: "keep", reason: "target-deleted", copiesContent: false } as const;
  const conflict = { policy: policyKey(policy), decision: "keep", source: source.digest, found: undefined } as const;
  return { decision, expected: wanted, conflict };
}

async function decideInCircle(
  asked: ConflictCase,
  { digest }: Pick<ResolvedManifest, "digest">,
  reader: TargetReader,
  signal: AbortSignal,
): Promise<DecidedCase> {
  const { policy, source, wanted, known } = asked;
  const [sourceHasTarget, other] = await Promise.all([
    asked.sourceHas(digest, signal),
    reader.readManifest(source.digest, signal),
  ]);
  const both = { source: source.digest, target: digest, sourceHasTarget, targetHasSource: other !== undefined };
  const agreed = converge(both, known.record, known.now);
  const { decision, expected, conflict } = decided(
    asked,
    digest,
    resolveConflict(policy, source, { digest, agreed }, known),
    wanted,
  );
  if (conflict === undefined || agreed === "source" || sourceHasTarget || other !== undefined)
    return { decision, expected, conflict };
  return { decision, expected, conflict: { ...conflict, until: standsUntil(both, known) } };
}

/** Two images that have not met are decided about again, in case that a third one keeps them apart. */
function standsUntil({ source, target }: BothSources, { record: { conflict }, now }: KnownPuts): number {
  const isSame = conflict?.source === source && conflict.target === target;
  return (isSame ? conflict.until : undefined) ?? now + QUIET_MS;
}

async function decideMerge(
  asked: ConflictCase,
  { digest }: Pick<ResolvedManifest, "digest">,
  reader: TargetReader,
  signal: AbortSignal,
): Promise<DecidedCase | undefined> {
  const { policy, source, wanted, known } = asked;
  const other = await reader.readManifest(digest, signal);
  if (other === undefined) return undefined;
  const decision = resolveConflict(policy, source, { digest, isMerged: isMergedIndex(other) }, known);
  if (decision.kind !== "merge") return decided(asked, digest, decision, wanted);
  const merged = mergeIndexes(wanted, other, asked.excluded);
  if (merged === undefined) return decided(asked, digest, { kind: "fail" }, wanted);
  // Nothing of the other side is left: for all its platforms, there is one of the source.
  return decided(asked, digest, merged.digest === wanted.digest ? { kind: "overwrite" } : decision, merged);
}

const nothingToDecide = (wanted: Manifest): DecidedCase => ({
  decision: { kind: "put" },
  expected: wanted,
  conflict: undefined,
});

function decided(
  { policy, source }: ConflictCase,
  found: Digest,
  decision: ConflictDecision,
  expected: Manifest,
): DecidedCase {
  const { kind } = decision;
  if (kind === "put") return nothingToDecide(expected);
  const target = kind === "overwrite" || kind === "merge" ? expected.digest : found;
  const as = kind === "rename" ? { as: { tag: decision.tag, digest: source.digest } } : {};
  const conflict = { policy: policyKey(policy), decision: kind, source: source.digest, found, target, ...as };
  return { decision, expected, conflict };
}
