import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ResolvedManifest } from "../../oci/image-source.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import { manifestKind } from "../../oci/media-type.ts";
import { isSignatureTag } from "../../oci/cosign-tags.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { MissingContentError } from "../image/image-tree.ts";
import { decideConflict } from "../conflict/decide-conflict.ts";
import type { DecidedCase } from "../conflict/decide-conflict.ts";
import { endConflict } from "../conflict/end-conflict.ts";
import { SOURCE_WINS } from "../conflict/conflict-policy.ts";
import { lacksAttachments, reasonToSkipAttachment } from "../image/lacks-attachments.ts";
import { resolveIfVisible } from "../image/resolve-if-visible.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import { knownTooLargeOutcome, tooLargeOutcome } from "../pacing/too-large-outcome.ts";
import type { TooLargeHistory } from "../pacing/too-large-outcome.ts";
import { pushAge } from "../planning/copy-request.ts";
import type { CopyPorts } from "./copy-context.ts";
import { copyAndPublish } from "./publish-image.ts";
import type { Publication, PublishedImage, TagWork } from "./publish-image.ts";

/** `moved`: the source's tag changed during the pass. */
export type PassResult = { readonly kind: "moved" } | { readonly kind: "ended"; readonly report: CopyReport };

export const SCHEMA1 = { outcome: "skipped", reason: "schema1" } as const;

/** Another image has the tag than the one that the rules selected: the next delivery asks them about it. */
const UNDECIDED = { outcome: "deferred", reason: "busy", afterMs: 0 } as const;

/** Looks at both sides once, and copies the image if the target does not have it. */
export async function copyPass(work: TagWork, signal: AbortSignal): Promise<PassResult> {
  const { source, target, clock } = work.context.ports;
  const { reference, pushedAt } = work.request;
  const { targetTag = reference } = work.context.policy;
  const [wanted, current] = await Promise.all([
    source.readManifest(reference, signal),
    resolveIfVisible(target, targetTag, signal),
  ]);
  if (wanted === undefined) return ended({ outcome: "skipped", reason: "source-gone" });
  const { selectedDigest = wanted.digest, heldMs = 0 } = work.context.policy;
  if (wanted.digest !== selectedDigest) return ended(UNDECIDED);
  const decided = await decide(work, { wanted, current }, signal);
  if (decided === undefined) return { kind: "moved" };
  const history = tooLargeHistory(work);
  const done =
    (await reportWithoutCopy(work, { wanted, current, decided }, signal)) ??
    (await endConflict(decided, { source, copyAs: work.copyAs }, signal)) ??
    knownTooLargeOutcome(wanted.digest, history);
  if (done !== undefined) return ended(done);
  const isCurrent = async (): Promise<boolean> => (await source.resolve(reference, signal))?.digest === wanted.digest;
  const publication = { ...publicationOf(decided, wanted, targetTag), replaces: current?.digest };
  const published = await copyAndPublish(work, { wanted, isCurrent, publication }, signal).catch(
    async (error: unknown): Promise<PublishedImage> => {
      // The source may lack the content because a newer push replaced the image, or because the tag was deleted.
      if (isMissingAtSource(error) && !(await isCurrent())) return { kind: "moved" };
      const failure = tooLargeOutcome(error, wanted.digest, history);
      if (failure !== undefined) return { kind: "incomplete", failure, leftOut: [] };
      throw error;
    },
  );
  return published.kind === "moved"
    ? published
    : ended(reportOf(published, decided, Math.max(pushAge(pushedAt, clock.now()) - heldMs, 0)));
}

/** What both sides name. */
interface BothSides {
  readonly wanted: Manifest;
  readonly current: ResolvedManifest | undefined;
}

/** Decides what the target's tag is to name. */
function decide(
  { request, context, session }: TagWork,
  { wanted, current }: BothSides,
  signal: AbortSignal,
): Promise<DecidedCase | undefined> {
  const { ports, policy } = context;
  const source = { reference: request.reference, digest: wanted.digest, pushedAt: session.claim.wantedAt };
  const known = { record: session.puts.own(), now: ports.clock.now() };
  const asked = { policy: policy.conflict ?? SOURCE_WINS, source, wanted, current, known };
  return decideConflict(asked, ports.reader, signal);
}

/** Where the image is put, and as what. */
function publicationOf(
  { decision, expected }: DecidedCase,
  wanted: Manifest,
  tag: Tag | Digest,
): Omit<Publication, "replaces"> {
  if (decision.kind === "keep") return { reference: wanted.digest, merged: undefined };
  return { reference: tag, merged: decision.kind === "merge" ? expected : undefined };
}

const ended = (report: CopyReport): PassResult => ({ kind: "ended", report });

function reportOf(
  published: Exclude<PublishedImage, { kind: "moved" }>,
  { decision, expected: { digest }, conflict }: DecidedCase,
  lagMs: number,
): CopyReport {
  const decided = conflict && { conflict };
  const leftOut = published.leftOut.length > 0 && { leftOut: published.leftOut };
  if (published.kind === "published") {
    if (decision.kind === "keep") return { outcome: "skipped", reason: decision.reason, ...leftOut, ...decided };
    return { outcome: "replicated", digest, statistics: published.statistics, lagMs, ...leftOut, ...decided };
  }
  const { failure } = published;
  // If a cosign tag is too large for this lane, its image goes to the long lane.
  if (failure.outcome === "deferred" && failure.tooLarge !== undefined) return { ...failure, tooLarge: digest };
  return { ...failure, ...leftOut };
}

function tooLargeHistory({ context: { uploads, ports }, session: { claim } }: TagWork): TooLargeHistory {
  const { tooLarge, tooLargeTries } = claim;
  return { hasLongLane: uploads.hasLongLane, tooLarge, tooLargeTries, random: ports.random };
}

/** The report of a pass that has nothing to copy; undefined when it has. */
async function reportWithoutCopy(
  { request: { reference, pushedAt }, context: { ports, policy }, session }: TagWork,
  { wanted, current, decided: { expected, conflict } }: BothSides & { readonly decided: DecidedCase },
  signal: AbortSignal,
): Promise<CopyReport | undefined> {
  if (manifestKind(wanted.mediaType) === "schema1") return SCHEMA1;
  if (policy.onlyAttached === true && current === undefined) {
    const reason = await reasonToSkipAttachment(reference, wanted, ports, signal);
    if (reason !== undefined) return { outcome: "skipped", reason };
  }
  const attached = { ...ports, referrers: policy.referrers, cosignTags: !isSignatureTag(reference) };
  if (current?.digest !== expected.digest || (await lacksAttachments(wanted, attached, signal))) return undefined;
  const { digest } = expected;
  if (isDigest(reference)) await putReferrerAgain(wanted, ports, signal);
  const decidedConflict = conflict && { conflict };
  return session.claim.wantedAt > pushedAt
    ? { outcome: "superseded", reason: "newer-push", digest, ...decidedConflict }
    : { outcome: "unchanged", digest, ...decidedConflict };
}

/** A referrer is put again, although the target has it: the list of referrers may lack it. */
async function putReferrerAgain(
  wanted: ResolvedManifest,
  { source, target }: CopyPorts,
  signal: AbortSignal,
): Promise<void> {
  const manifest = await source.fetchManifest(wanted, signal);
  if (manifest === undefined || successors(manifest.bytes, manifest.mediaType).subject === undefined) return;
  await target.putManifest(manifest, manifest.digest, signal);
}

/** The source does not have, or refuses for good, content that its tag or a manifest names. */
function isMissingAtSource(error: unknown): boolean {
  if (error instanceof MissingContentError) return true;
  return error instanceof RegistryError && error.side === "source" && error.category === "permanent";
}
