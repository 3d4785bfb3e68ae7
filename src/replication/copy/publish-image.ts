import { isSignatureTag } from "../../oci/cosign-tags.ts";
import type { ResolvedManifest } from "../../oci/image-source.ts";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import type { Tag } from "../../oci/reference.ts";
import { isContentMissing } from "../../oci/errors/registry-error.ts";
import { copyCosignTags } from "../image/find-cosign-tags.ts";
import { resolveIfVisible } from "../image/resolve-if-visible.ts";
import type { CopyReport, FailureOutcome } from "../outcome/copy-report.ts";
import { addStatistics } from "../outcome/copy-statistics.ts";
import type { CopyStatistics } from "../outcome/copy-statistics.ts";
import type { LeftOut } from "../outcome/left-out.ts";
import type { CopyRequest } from "../planning/copy-request.ts";
import { measured } from "../spans/span.ts";
import { whileLeaseFresh } from "../state/lease-heartbeat.ts";
import type { CopyContext, CopyPorts, ReplicateContext } from "./copy-context.ts";
import { copyImage } from "./copy-image.ts";
import type { CopiedImage } from "./copy-image.ts";
import { publish } from "./publish-tag.ts";
import type { TagSession } from "./tag-session.ts";

/** One request, in the delivery that holds the lease of its tag. */
export interface TagWork {
  readonly request: CopyRequest;
  readonly context: ReplicateContext;
  readonly session: TagSession;
  /** Copies a cosign tag of the image, as a request with a lease of its own. */
  readonly copyCosignTag: (tag: Tag, signal: AbortSignal) => Promise<CopyReport>;
  /** Copies the image under another tag, as a request with a lease of its own. */
  readonly copyAs: (tag: Tag, signal: AbortSignal) => Promise<CopyReport>;
}

/** What the source's tag named when the pass began. */
export interface SourceImage {
  readonly found: Pick<ResolvedManifest, "digest">;
  /** What is copied of it. */
  readonly wanted: ResolvedManifest;
  /** Asks the source whether its tag still names that. */
  readonly isCurrent: () => Promise<boolean>;
  readonly publication: Publication;
}

/** What is put last. */
export interface Publication {
  /** The target's tag, or the digest of an image that gets no tag. */
  readonly reference: Tag | Digest;
  /** Put instead of the image itself, which is then put by its digest. */
  readonly merged: Manifest | undefined;
  /** What the target's tag named when that was decided. */
  readonly replaces: Digest | undefined;
}

export type PublishedImage =
  | { readonly kind: "published"; readonly statistics: CopyStatistics; readonly leftOut: readonly LeftOut[] }
  /** Without the tag when it was deferred; with it when one of its cosign tags failed for good. */
  | { readonly kind: "incomplete"; readonly failure: FailureOutcome; readonly leftOut: readonly LeftOut[] }
  /** The source's tag changed meanwhile, or the target's. */
  | { readonly kind: "moved" };

/** Copies of one image after the target denied having content that it had confirmed. */
const MAX_RESENDS = 2;

/**
 * Copies the image, then its cosign tags, then puts the tag. Sends everything again when the target denies having content that
 * it had confirmed. A cosign tag that is deferred defers the tag; one that failed does not keep the tag from being put.
 */
export async function copyAndPublish(
  work: TagWork,
  { found, wanted, isCurrent, publication }: SourceImage,
  signal: AbortSignal,
): Promise<PublishedImage> {
  const { context, session, copyCosignTag } = work;
  const { observe } = session.copying;
  // Once its tag is being put, a copy cannot be cancelled any more.
  const unlessCancelled = <T>(copy: (working: AbortSignal) => Promise<T>): Promise<T> =>
    session.cancellation.run(found.digest, signal, copy);
  for (let resends = 0; ; resends++) {
    try {
      const copying = copyContextOf(work, resends === 0 ? "ask" : "resend");
      const guarded = await unlessCancelled((until) =>
        session.guard.runWhileCurrent(isCurrent, until, (working) => copyImage(wanted, copying, working)),
      );
      if (guarded.kind === "moved") return guarded;
      const { copied } = guarded;
      const attached = await unlessCancelled((working) =>
        copyCosignTags(copied.cosignTags, copyCosignTag, observe, working),
      );
      addStatistics(copied.statistics, attached.statistics);
      const { statistics } = copied;
      const leftOut = [...copied.leftOut, ...attached.leftOut];
      const { failure } = attached;
      if (failure?.outcome === "deferred") return { kind: "incomplete", failure, leftOut };
      if (!(await isCurrent()) || !(await isAsDecided(publication, context, signal))) return { kind: "moved" };
      await putAnnounced(copied, publication, work, signal);
      statistics.manifests++;
      session.copied(copied);
      return failure === undefined
        ? { kind: "published", statistics, leftOut }
        : { kind: "incomplete", failure, leftOut };
    } catch (error) {
      if (!isContentMissing(error)) throw error;
      observe({ kind: "denied" });
      if (resends === MAX_RESENDS) throw error;
    }
  }
}

function copyContextOf({ request, context, session }: TagWork, presence: "ask" | "resend"): CopyContext {
  const { observe, scheduler } = session.copying;
  const { last } = session.claim;
  const isRedriven = last?.outcome === "failed" && last.reason === "target-upload-not-kept";
  const cosignTags = !isSignatureTag(request.reference);
  return {
    ...context,
    policy: { ...context.policy, presence, cosignTags, isRepair: request.repair },
    uploads: { ...context.uploads, scheduler, isRedriven },
    observe,
  };
}

/**
 * True if the target's tag still names what the decision was about. Registries cannot compare and put in one request: someone else's move
 * between this look and the put is lost (decision 65). Where the source wins in any case, the target is not asked.
 */
async function isAsDecided(
  { reference, replaces }: Publication,
  { ports: { target }, policy: { conflict } }: ReplicateContext,
  signal: AbortSignal,
): Promise<boolean> {
  if (conflict === undefined || conflict.strategy === "source-wins" || isDigest(reference)) return true;
  return (await resolveIfVisible(target, reference, signal))?.digest === replaces;
}

/** Puts the tag after the record says so: if this delivery is killed, the next one knows that the image is ours. */
async function putAnnounced(
  copied: CopiedImage,
  publication: Publication,
  { context: { ports }, session }: TagWork,
  signal: AbortSignal,
): Promise<void> {
  const { digest } = publication.merged ?? copied.manifest;
  if (publication.reference !== digest) session.puts.announce(digest, ports.clock.now());
  const { spans } = ports;
  const put = (fresh: AbortSignal): Promise<void> => putTag(copied, publication, ports, fresh);
  const putting = whileLeaseFresh(session.lease, ports.clock, signal, put);
  await (spans === undefined
    ? putting
    : measured(spans.start("publish", { reference: publication.reference, digest }), putting));
}

/** Puts the tag. If the target denies having content, the checkpoints of the image are forgotten. */
async function putTag(
  { manifest, forget }: CopiedImage,
  { reference, merged }: Publication,
  { target, clock }: CopyPorts,
  signal: AbortSignal,
): Promise<void> {
  try {
    // Its signatures are about the source's own index, which stays available by its digest.
    if (merged !== undefined) await target.putManifest(manifest, manifest.digest, signal);
    await publish(target, { manifest: merged ?? manifest, reference }, clock, signal);
  } catch (error) {
    if (isContentMissing(error)) await forget();
    throw error;
  }
}
