import { isSignatureTag } from "../../oci/cosign-tags.ts";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ResolvedManifest } from "../../oci/image-source.ts";
import type { ImageTarget } from "../../oci/image-target.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestKind } from "../../oci/media-type.ts";
import type { PlatformFilter } from "../../oci/platform.ts";
import type { Tag } from "../../oci/reference.ts";
import { SOURCE_WINS } from "../conflict/conflict-policy.ts";
import type { ConflictPolicy } from "../conflict/conflict-policy.ts";
import { decideConflict } from "../conflict/decide-conflict.ts";
import type { DecidedCase } from "../conflict/decide-conflict.ts";
import type { OwnPuts } from "../conflict/own-digest.ts";
import type { TargetReader } from "../conflict/target-reader.ts";
import { lacksAttachments, reasonToSkipAttachment } from "../image/lacks-attachments.ts";
import { choosePlatforms, hasOtherPlatforms, wholeImage, withStripped } from "../image/platform-subset.ts";
import type { PlatformSubset } from "../image/platform-subset.ts";
import { sparseTarget } from "../image/sparse-target.ts";
import type { CopyReport } from "../outcome/copy-report.ts";

/** One tag, or content without one, and what its record says. */
export interface TagCase {
  readonly reference: Tag | Digest;
  /** The time of the push that was requested; epoch milliseconds. */
  readonly pushedAt: number;
  /** Time of the newest push of the tag that any request named. */
  readonly wantedAt: number;
  /** What we have put under the tag. */
  readonly puts: OwnPuts;
  /** What was confirmed before this delivery. */
  readonly before: Pick<OwnPuts, "replicated">;
  /** A fault was found below the digest: that both sides name the same says nothing. */
  readonly isRepair?: boolean | undefined;
}

/** What the rule and the command say. */
export interface TagPolicy {
  readonly referrers: boolean;
  readonly onlyAttached?: boolean | undefined;
  readonly conflict?: ConflictPolicy | undefined;
  readonly platforms?: PlatformFilter | undefined;
}

/** Both sides of a copy. Only reads of the target are needed. */
export interface TagPorts {
  readonly source: ImageSource;
  readonly target: Pick<ImageTarget, "resolve">;
  readonly reader: TargetReader;
  readonly clock: { readonly now: () => number };
}

export interface TagContext {
  readonly policy: TagPolicy;
  readonly ports: TagPorts;
}

interface Sides {
  /** What is copied of the image that the source's tag names. */
  readonly chosen: PlatformSubset;
  /** What the target's tag names. */
  readonly current: Pick<ResolvedManifest, "digest"> | undefined;
}

export type DecidedTag =
  /** What was to be read has disappeared meanwhile. */
  | { readonly kind: "moved" }
  /** There is nothing to copy. `again`: a referrer, which is put again. */
  | { readonly kind: "done"; readonly report: CopyReport; readonly again: boolean }
  /** The target's tag is to name what `decided` says, which may still be that nothing is put. */
  | { readonly kind: "open"; readonly decided: DecidedCase };

export const SCHEMA1 = { outcome: "skipped", reason: "schema1" } as const;

/** What of the source's image is copied; undefined: none of its platforms. What is attached to an image has no platform. */
export async function chooseForRule(
  found: Manifest,
  source: Pick<ImageSource, "fetchManifest" | "openBlob">,
  { platforms, onlyAttached }: TagPolicy,
  signal: AbortSignal,
): Promise<PlatformSubset | undefined> {
  if (platforms === undefined || onlyAttached === true) return wholeImage(found);
  const chosen = await choosePlatforms(found, platforms, source, signal);
  return chosen.kind === "none" ? undefined : chosen;
}

/** The ports, of which the source shows only what is copied. */
export function portsForSubset<Ports extends { readonly source: ImageSource; readonly target: ImageTarget }>(
  ports: Ports,
  subset: PlatformSubset,
): Ports {
  const { excluded } = subset;
  const target = excluded.size === 0 ? ports.target : sparseTarget(ports.target, excluded);
  return { ...ports, source: withStripped(ports.source, subset), target };
}

/** Decides what is to be done with one tag. Writes nothing. */
export async function decideTag(
  asked: TagCase,
  { chosen, current }: Sides,
  { policy, ports }: TagContext,
  signal: AbortSignal,
): Promise<DecidedTag> {
  const { root: wanted, excluded } = chosen;
  const { reference, wantedAt, puts } = asked;
  const source = { reference, digest: wanted.digest, pushedAt: wantedAt };
  const known = { record: puts, now: ports.clock.now() };
  const sourceHas = async (digest: Digest, working: AbortSignal): Promise<boolean> =>
    (await ports.source.resolve(digest, working)) !== undefined;
  const conflict = { policy: policy.conflict ?? SOURCE_WINS, source, wanted, excluded, current, known, sourceHas };
  const decided = await decideConflict(conflict, ports.reader, signal);
  if (decided === undefined) return { kind: "moved" };
  const report = await reportWithoutCopy(asked, { chosen, current, decided }, { policy, ports }, signal);
  if (report === undefined) return { kind: "open", decided };
  return { kind: "done", report, again: report.outcome !== "skipped" && isDigest(reference) };
}

/** The report of a tag with nothing to copy; undefined when there is something. */
async function reportWithoutCopy(
  { reference, pushedAt, wantedAt, before, isRepair }: TagCase,
  { chosen, current, decided }: Sides & { readonly decided: DecidedCase },
  { policy, ports }: TagContext,
  signal: AbortSignal,
): Promise<CopyReport | undefined> {
  const { expected, conflict } = decided;
  const { root: wanted, excluded } = chosen;
  if (manifestKind(wanted.mediaType) === "schema1") return SCHEMA1;
  if (policy.onlyAttached === true && current === undefined) {
    const reason = await reasonToSkipAttachment(reference, wanted, ports, signal);
    if (reason !== undefined) return { outcome: "skipped", reason };
  }
  if (isRepair === true || current?.digest !== expected.digest || hasOtherPlatforms(before, chosen)) return undefined;
  const attached = { ...ports, referrers: policy.referrers, cosignTags: !isSignatureTag(reference), excluded };
  if (await lacksAttachments(wanted, attached, signal)) return undefined;
  const { digest } = expected;
  const decidedConflict = conflict && { conflict };
  return wantedAt > pushedAt
    ? { outcome: "superseded", reason: "newer-push", digest, ...decidedConflict }
    : { outcome: "unchanged", digest, ...decidedConflict };
}
