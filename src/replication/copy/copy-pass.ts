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
import {
  choosePlatforms,
  hasOtherPlatforms,
  lostAttachments,
  wholeImage,
  withStripped,
} from "../image/platform-subset.ts";
import type { ChosenPlatforms, PlatformSubset } from "../image/platform-subset.ts";
import { sparseTarget } from "../image/sparse-target.ts";
import { passGate } from "../gate/pass-gate.ts";
import type { GateContext } from "../gate/pass-gate.ts";
import type { CopyReport, ImageOrigin } from "../outcome/copy-report.ts";
import { knownTooLargeOutcome, tooLargeOutcome } from "../pacing/too-large-outcome.ts";
import type { TooLargeHistory } from "../pacing/too-large-outcome.ts";
import { pushAge } from "../planning/copy-request.ts";
import type { CopyPorts, ReplicateContext } from "./copy-context.ts";
import { copyAndPublish } from "./publish-image.ts";
import type { Publication, PublishedImage, TagWork } from "./publish-image.ts";

/** `moved`: the source's tag changed during the pass. */
export type PassResult = { readonly kind: "moved" } | { readonly kind: "ended"; readonly report: CopyReport };

export const SCHEMA1 = { outcome: "skipped", reason: "schema1" } as const;

/** Another image has the tag than the one that the rules selected: the next delivery asks them about it. */
const UNDECIDED = { outcome: "deferred", reason: "busy", afterMs: 0 } as const;

/** Looks at both sides once, and copies the image if the target does not have it. */
export async function copyPass(work: TagWork, signal: AbortSignal): Promise<PassResult> {
  const { source, target } = work.context.ports;
  const { reference } = work.request;
  const { targetTag = reference } = work.context.policy;
  const [found, current] = await Promise.all([
    source.readManifest(reference, signal),
    resolveIfVisible(target, targetTag, signal),
  ]);
  if (found === undefined) return ended({ outcome: "skipped", reason: "source-gone" });
  const { selectedDigest = found.digest } = work.context.policy;
  if (found.digest !== selectedDigest) return ended(UNDECIDED);
  const isCurrent = async (): Promise<boolean> => (await source.resolve(reference, signal))?.digest === found.digest;
  try {
    const chosen = await chooseForRule(found, work.context, signal);
    if (chosen.kind === "none") return ended({ outcome: "skipped", reason: "platform" });
    const { origin } = chosen;
    const result = await passOf(withSubset(work, chosen), { found, chosen, current, isCurrent }, signal);
    return result.kind === "moved" || origin === undefined ? result : ended(withOrigin(result.report, origin));
  } catch (error) {
    // The source may lack the content because a newer push replaced the image, or because the tag was deleted.
    if (isMissingAtSource(error) && !(await isCurrent())) return { kind: "moved" };
    throw error;
  }
}

/** The comparison knows the image by its digest at the source, also where a conflict about it was decided. */
function withOrigin(report: CopyReport, origin: ImageOrigin): CopyReport {
  const { conflict } = report;
  return { ...report, origin, ...(conflict && { conflict: { ...conflict, source: origin.digest } }) };
}

/** What is copied of the image that the source's tag names. What is attached to an image has no platform. */
async function chooseForRule(
  found: Manifest,
  { ports: { source }, policy: { platforms, onlyAttached } }: ReplicateContext,
  signal: AbortSignal,
): Promise<ChosenPlatforms> {
  if (platforms === undefined || onlyAttached === true) return wholeImage(found);
  return choosePlatforms(found, platforms, source, signal);
}

/** The same work, of which the source shows only what is copied. */
function withSubset(work: TagWork, subset: PlatformSubset): TagWork {
  const { excluded } = subset;
  const { context } = work;
  const { ports, policy } = context;
  const source = withStripped(ports.source, subset);
  const target = excluded.size === 0 ? ports.target : sparseTarget(ports.target, excluded);
  return { ...work, context: { ...context, ports: { ...ports, source, target }, policy: { ...policy, excluded } } };
}

/** What both sides name. */
interface BothSides {
  /** What the source's tag names: what the gate is asked about. */
  readonly found: Manifest;
  /** What is copied of the source's image. */
  readonly chosen: PlatformSubset;
  readonly current: ResolvedManifest | undefined;
  readonly isCurrent: () => Promise<boolean>;
}

async function passOf(work: TagWork, sides: BothSides, signal: AbortSignal): Promise<PassResult> {
  const { found, chosen, current, isCurrent } = sides;
  const { root: wanted } = chosen;
  const { ports, policy } = work.context;
  const { reference, pushedAt } = work.request;
  const decided = await decide(work, { wanted, current }, signal);
  if (decided === undefined) return { kind: "moved" };
  const history = tooLargeHistory(work);
  const done =
    (await reportWithoutCopy(work, { ...sides, decided }, signal)) ??
    (await endConflict(decided, { source: ports.source, copyAs: work.copyAs }, signal)) ??
    knownTooLargeOutcome(wanted.digest, history);
  if (done !== undefined) return ended(done);
  const { targetTag = reference, heldMs = 0 } = policy;
  const publication = { ...publicationOf(decided, wanted, targetTag), replaces: current?.digest };
  const gated = await passGate(found, gateContext(work), signal);
  if (gated.kind === "closed") return ended(gated.report);
  const leftOut = [...chosen.leftOut, ...(await lostAttachments(chosen, ports.source, signal))];
  const published = await copyAndPublish(work, { wanted, isCurrent, publication }, signal).catch(
    (error: unknown): PublishedImage => {
      const failure = tooLargeOutcome(error, wanted.digest, history);
      if (failure !== undefined) return { kind: "incomplete", failure, leftOut: [] };
      throw error;
    },
  );
  if (published.kind === "moved") return published;
  const all = { ...published, leftOut: [...leftOut, ...published.leftOut] };
  const lagMs = pushAge(pushedAt, ports.clock.now()) - heldMs - gated.heldMs;
  const report = reportOf(all, decided, Math.max(lagMs, 0));
  return ended(gated.audit === undefined ? report : { ...report, gate: gated.audit });
}

/** What only follows an image to the target has no gate of its own. */
function gateContext({ context: { gate, policy, ports }, session: { claim } }: TagWork): GateContext {
  const { clock, random } = ports;
  const { gateWait, last } = claim;
  return { gate: policy.onlyAttached === true ? undefined : gate, waiting: gateWait, last, clock, random };
}

/** Decides what the target's tag is to name. */
function decide(
  { request, context, session }: TagWork,
  { wanted, current }: { readonly wanted: Manifest } & Pick<BothSides, "current">,
  signal: AbortSignal,
): Promise<DecidedCase | undefined> {
  const { ports, policy } = context;
  const source = { reference: request.reference, digest: wanted.digest, pushedAt: session.claim.wantedAt };
  const known = { record: session.puts.own(), now: ports.clock.now() };
  const sourceHas = async (digest: Digest, working: AbortSignal): Promise<boolean> =>
    (await ports.source.resolve(digest, working)) !== undefined;
  const asked = { policy: policy.conflict ?? SOURCE_WINS, source, wanted, current, known, sourceHas };
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
  { chosen, current, decided: { expected, conflict } }: BothSides & { readonly decided: DecidedCase },
  signal: AbortSignal,
): Promise<CopyReport | undefined> {
  const { root: wanted, excluded } = chosen;
  if (manifestKind(wanted.mediaType) === "schema1") return SCHEMA1;
  if (policy.onlyAttached === true && current === undefined) {
    const reason = await reasonToSkipAttachment(reference, wanted, ports, signal);
    if (reason !== undefined) return { outcome: "skipped", reason };
  }
  if (current?.digest !== expected.digest || hasOtherPlatforms(session.claim.own, chosen)) return undefined;
  const attached = { ...ports, referrers: policy.referrers, cosignTags: !isSignatureTag(reference), excluded };
  if (await lacksAttachments(wanted, attached, signal)) return undefined;
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
