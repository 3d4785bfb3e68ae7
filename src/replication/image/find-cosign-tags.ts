import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ResolvedManifest } from "../../oci/image-source.ts";
import type { Tag } from "../../oci/reference.ts";
import { cosignTags } from "../../oci/cosign-tags.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { ObserveCopy } from "../state/copy-progress.ts";
import type { CopyReport, FailureOutcome } from "../outcome/copy-report.ts";
import type { LeftOut } from "../outcome/left-out.ts";
import { resolveIfVisible } from "./resolve-if-visible.ts";
import { addStatistics, emptyStatistics } from "../outcome/copy-statistics.ts";
import type { CopyStatistics } from "../outcome/copy-statistics.ts";

const CONCURRENT_LOOKUPS = 16;
const CONCURRENT_COPIES = 4;

/** A cosign tag, and the manifest that it names. */
export interface ResolvedCosignTag {
  readonly tag: Tag;
  readonly root: ResolvedManifest;
}

/** The cosign tags of an image's manifests that the source has: signatures, attestations and SBOMs. */
export async function findCosignTags(
  digests: readonly Digest[],
  source: Pick<ImageSource, "resolve">,
  signal: AbortSignal,
): Promise<Tag[]> {
  return (await resolveCosignTags(digests, source, signal)).map(({ tag }) => tag);
}

/** As {@link findCosignTags}, with the manifest that each tag names. */
export async function resolveCosignTags(
  digests: readonly Digest[],
  source: Pick<ImageSource, "resolve">,
  signal: AbortSignal,
): Promise<ResolvedCosignTag[]> {
  // A tag has at most 128 characters: a sha512 digest does not fit.
  const tags = digests.filter((digest) => digest.startsWith("sha256:")).flatMap(cosignTags);
  const found = await concurrently(
    tags,
    CONCURRENT_LOOKUPS,
    (tag, working) => resolveIfVisible(source, tag, working),
    signal,
  );
  return tags.flatMap((tag, index) => {
    const root = found[index];
    return root === undefined ? [] : [{ tag, root }];
  });
}

/** The result of copying an image's cosign tags. */
export interface CopiedCosignTags {
  /**
   * The first failure. A tag that another delivery is copying does not count: that delivery looks at the tag again, and
   * its message stays in the queue.
   */
  readonly failure: FailureOutcome | undefined;
  /** Totals of all tags. */
  readonly statistics: CopyStatistics;
  readonly leftOut: readonly LeftOut[];
}

/** Copies cosign tags, a few concurrently. @param observe receives the bytes that each sent: they count towards the image. */
export async function copyCosignTags(
  tags: readonly Tag[],
  copy: (tag: Tag, signal: AbortSignal) => Promise<CopyReport>,
  observe: ObserveCopy | undefined,
  signal: AbortSignal,
): Promise<CopiedCosignTags> {
  const statistics = emptyStatistics();
  const copyOne = async (tag: Tag, working: AbortSignal): Promise<CopyReport> => {
    const report = await copy(tag, working);
    observe?.({ kind: "companion-sent", bytes: report.bytesSent ?? 0 });
    if (report.outcome === "replicated") addStatistics(statistics, report.statistics);
    return report;
  };
  const reports = await concurrently(tags, CONCURRENT_COPIES, copyOne, signal);
  const failure = reports
    .filter((report) => report.outcome === "deferred" || report.outcome === "failed")
    .find((report) => report.reason !== "busy");
  return { failure, statistics, leftOut: reports.flatMap((report) => report.leftOut ?? []) };
}
