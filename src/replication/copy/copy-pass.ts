import type { Digest } from "../../oci/digest.ts";
import type { ResolvedManifest } from "../../oci/image-source.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { MissingContentError } from "../image/image-tree.ts";
import type { DecidedCase } from "../conflict/decide-conflict.ts";
import { endConflict } from "../conflict/end-conflict.ts";
import { resolveIfVisible } from "../image/resolve-if-visible.ts";
import { lostAttachments } from "../image/platform-subset.ts";
import type { PlatformSubset } from "../image/platform-subset.ts";
import { chooseForRule, decideTag, portsForSubset } from "../decide/decide-tag.ts";
import { passGate } from "../gate/pass-gate.ts";
import type { PassedGate } from "../gate/pass-gate.ts";
import type { CopyReport, ImageOrigin } from "../outcome/copy-report.ts";
import { knownTooLargeOutcome, tooLargeOutcome } from "../pacing/too-large-outcome.ts";
import type { TooLargeHistory } from "../pacing/too-large-outcome.ts";
import { pushAge } from "../planning/copy-request.ts";
import { measured } from "../spans/span.ts";
import type { CopyPorts } from "./copy-context.ts";
import { copyAndPublish } from "./publish-image.ts";
import type { Publication, PublishedImage, TagWork } from "./publish-image.ts";

/** `moved`: the source's tag changed during the pass. */
export type PassResult = { readonly kind: "moved" } | { readonly kind: "ended"; readonly report: CopyReport };

/** Another image has the tag than the one that the rules selected: the next delivery asks them about it. */
const UNDECIDED = { outcome: "deferred", reason: "busy", afterMs: 0 } as const;

/** Looks at both sides once, and copies the image if the target does not have it. */
export async function copyPass(work: TagWork, signal: AbortSignal): Promise<PassResult> {
  const { source, target, spans } = work.context.ports;
  const { reference } = work.request;
  const { targetTag = reference } = work.context.policy;
  const asking = Promise.all([source.readManifest(reference, signal), resolveIfVisible(target, targetTag, signal)]);
  const [found, current] = await (spans === undefined ? asking : measured(spans.start("resolve"), asking));
  if (found === undefined) return ended({ outcome: "skipped", reason: "source-gone" });
  const { selectedDigest = found.digest } = work.context.policy;
  if (found.digest !== selectedDigest) return ended(UNDECIDED);
  work.session.noteImage(found.digest);
  const isCurrent = async (): Promise<boolean> => (await source.resolve(reference, signal))?.digest === found.digest;
  try {
    const { ports, policy } = work.context;
    const chosen = await chooseForRule(found, ports.source, policy, signal);
    if (chosen === undefined) return ended({ outcome: "skipped", reason: "platform" });
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

/** The same work, of which the source shows only what is copied. */
function withSubset(work: TagWork, subset: PlatformSubset): TagWork {
  const { context } = work;
  const policy = { ...context.policy, excluded: subset.excluded };
  return { ...work, context: { ...context, ports: portsForSubset(context.ports, subset), policy } };
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
  const { reference, pushedAt, repair: isRepair } = work.request;
  const { wantedAt, own: before } = work.session.claim;
  const asked = { reference, pushedAt, wantedAt, puts: work.session.puts.own(), before, isRepair };
  const tag = await decideTag(asked, sides, { policy, ports }, signal);
  if (tag.kind === "moved") return tag;
  if (tag.kind === "done") {
    if (tag.again) await putReferrerAgain(wanted, ports, signal);
    return ended(tag.report);
  }
  work.session.cancellation.throwIfCancelled(found.digest);
  const { decided } = tag;
  const history = tooLargeHistory(work);
  const done =
    (await endConflict(decided, { source: ports.source, copyAs: work.copyAs }, signal)) ??
    knownTooLargeOutcome(wanted.digest, history);
  if (done !== undefined) return ended(done);
  const { targetTag = reference, heldMs = 0 } = policy;
  const publication = { ...publicationOf(decided, wanted, targetTag), replaces: current?.digest };
  const gated = await askGate(found, work, signal);
  if (gated.kind === "closed") return ended(gated.report);
  const leftOut = [...chosen.leftOut, ...(await lostAttachments(chosen, ports.source, signal))];
  const published = await copyAndPublish(work, { found, wanted, isCurrent, publication }, signal).catch(
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
function askGate(
  found: Manifest,
  { context: { gate, policy, ports }, session: { claim } }: TagWork,
  signal: AbortSignal,
): Promise<PassedGate> {
  const { clock, random, spans } = ports;
  const { gateWait: waiting, last } = claim;
  const own = policy.onlyAttached === true ? undefined : gate;
  const asking = passGate(found, { gate: own, waiting, last, clock, random }, signal);
  if (spans === undefined || own === undefined) return asking;
  return measured(spans.start("gate"), asking, ({ kind }) => ({ gate: kind }));
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
