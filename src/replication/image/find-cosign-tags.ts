import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ResolvedManifest } from "../../oci/image-source.ts";
import type { Tag } from "../../oci/reference.ts";
import { cosignTags } from "../../oci/cosign-tags.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { ObserveCopy } from "../state/copy-progress.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import type { LeftOut } from "../outcome/left-out.ts";
import { resolveIfVisible } from "./resolve-if-visible.ts";
import { addStatistics, emptyStatistics } from "../outcome/copy-statistics.ts";
import type { CopyStatistics } from "../outcome/copy-statistics.ts";

const CONCURRENT_QUESTIONS = 16;
const CONCURRENT_COPIES = 4;

/** A cosign tag, and what it names. */
export interface ResolvedCosignTag {
  readonly tag: Tag;
  readonly root: ResolvedManifest;
}

/** The cosign tags of an image's manifests that are at the source: its signatures, attestations, SBOMs. */
export async function findCosignTags(
  digests: readonly Digest[],
  source: Pick<ImageSource, "resolve">,
  signal: AbortSignal,
): Promise<Tag[]> {
  return (await resolveCosignTags(digests, source, signal)).map(({ tag }) => tag);
}

/** As {@link findCosignTags}, and what each of them names. */
export async function resolveCosignTags(
  digests: readonly Digest[],
  source: Pick<ImageSource, "resolve">,
  signal: AbortSignal,
): Promise<ResolvedCosignTag[]> {
  // A tag holds at most 128 characters: a sha512 has no companions.
  const tags = digests.filter((digest) => digest.startsWith("sha256:")).flatMap(cosignTags);
  const found = await concurrently(
    tags,
    CONCURRENT_QUESTIONS,
    (tag, working) => resolveIfVisible(source, tag, working),
    signal,
  );
  return tags.flatMap((tag, index) => {
    const root = found[index];
    return root === undefined ? [] : [{ tag, root }];
  });
}

/** What became of an image's companions. */
export interface CopiedCosignTags {
  /** The first report that is not well. One that another message is copying is: that copy looks again, and its message stays. */
  readonly bad: Extract<CopyReport, { outcome: "deferred" | "failed" }> | undefined;
  /** What they moved, together. */
  readonly statistics: CopyStatistics;
  /** What they left out, together. */
  readonly leftOut: readonly LeftOut[];
}

/** Copies companions, a few at once. @param observe told what each of them has sent: it counts to what its image costs. */
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
  const bad = reports
    .filter((report) => report.outcome === "deferred" || report.outcome === "failed")
    .find((report) => report.reason !== "busy");
  return { bad, statistics, leftOut: reports.flatMap((report) => report.leftOut ?? []) };
}
