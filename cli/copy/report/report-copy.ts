import { isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { formatReference } from "../../../src/oci/reference.ts";
import type { Repository, Tag } from "../../../src/oci/reference.ts";
import { describeLeftOut } from "../../../src/replication/outcome/left-out.ts";
import { counted, formatBytes, formatDuration } from "../../terminal/format.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { CopyResult } from "../execute-plan.ts";

/** The image that a report is about. */
export interface ReportSubject {
  readonly source: string;
  readonly target: Repository;
  /** What names the image at the target. */
  readonly reference: Tag | Digest;
  readonly digest: Digest;
}

/** How the copy of one image ended; without statistics when the target had everything. */
interface EndedCopy {
  readonly outcome: "copied" | "unchanged";
  readonly ms: number;
  readonly statistics?: CopyResult["statistics"];
  readonly leftOut: CopyResult["leftOut"];
}

/** Prints how a copy ended. What was left out is printed even with `--quiet`: the copy at the target is incomplete without it. */
export function reportCopy(subject: ReportSubject, copy: EndedCopy, { out, err, json }: Terminal): void {
  const { outcome, ms, statistics, leftOut } = copy;
  if (json) return out.json({ ...describeSubject(subject), outcome, ms, ...statistics, leftOut });
  out.lines([describeCopy(subject, copy)]);
  if (leftOut.length > 0) err.lines([`left out: ${describeLeftOut(leftOut)}`]);
}

/** The subject as `--json` has it. */
export function describeSubject(subject: ReportSubject) {
  const { source, digest } = subject;
  return { source, target: targetOf(subject), digest };
}

/** The image's full name at the target. */
export function targetOf({ target, reference }: ReportSubject): string {
  const name = formatReference({ registry: target.registry, name: target.name });
  return `${name}${isDigest(reference) ? "@" : ":"}${reference}`;
}

function describeCopy(subject: ReportSubject, { statistics, ms }: EndedCopy): string {
  const target = targetOf(subject);
  if (statistics === undefined) return `${target} is already ${subject.digest}`;
  const { blobsMounted, blobsUploaded, bytesUploaded, blobsPresent } = statistics;
  const mounted = blobsMounted === 0 ? "" : `${blobsMounted} mounted, `;
  const sent = `${counted(blobsUploaded, "blob")} sent (${formatBytes(bytesUploaded)})`;
  return `${target} is ${subject.digest}: ${sent}, ${mounted}${blobsPresent} already present, ${formatDuration(ms)}`;
}
