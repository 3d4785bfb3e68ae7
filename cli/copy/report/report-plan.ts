import { isDigest } from "../../../src/oci/digest.ts";
import { describeLeftOut } from "../../../src/replication/outcome/left-out.ts";
import { counted, formatBytes } from "../../terminal/format.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { CopyPlan } from "../../../src/inspection/content/copy-plan.ts";
import { describeSubject, targetOf } from "./report-copy.ts";
import type { ReportSubject } from "./report-copy.ts";

/** Prints what a copy would write: the report of `--dry-run`. */
export function reportPlan(subject: ReportSubject, plan: CopyPlan, { out, json }: Terminal): void {
  if (json) out.json({ ...describeSubject(subject), plan: summarizePlan(plan) });
  else out.lines([`${targetOf(subject)} would be ${subject.digest}`, ...describePlan(plan)]);
}

/** A plan as `--json` has it. */
function summarizePlan({ blobs, batches, present, leftOut }: CopyPlan) {
  const mounts = blobs.filter(({ mountFrom }) => mountFrom !== undefined);
  const sends = blobs.filter(({ mountFrom }) => mountFrom === undefined);
  return {
    send: sends.map(({ descriptor: { digest, size } }) => ({ digest, size })),
    mount: mounts.map(({ descriptor: { digest, size }, mountFrom }) => ({ digest, size, from: mountFrom })),
    put: batches
      .flat()
      .map(({ manifest: { digest, bytes }, reference }) => ({ digest, reference, size: bytes.byteLength })),
    bytes: sends.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    present,
    leftOut,
  };
}

/** A plan as lines of text, in the order of execution. */
function describePlan(plan: CopyPlan): string[] {
  const { send, mount, put, bytes, present, leftOut } = summarizePlan(plan);
  const mounted = mount.length === 0 ? "" : `, mount ${counted(mount.length, "blob")}`;
  return [
    ...mount.map(({ digest, size, from }) => `mount ${digest} ${formatBytes(size)} from ${from}`),
    ...send.map(({ digest, size }) => `send ${digest} ${formatBytes(size)}`),
    ...put.map(({ digest, reference }) => (isDigest(reference) ? `put ${digest}` : `tag ${digest} as ${reference}`)),
    ...leftOut.map((each) => `leave out ${describeLeftOut([each])}`),
    `would send ${counted(send.length, "blob")} (${formatBytes(bytes)})${mounted} and put ${counted(put.length, "manifest")}; ` +
      `already present: ${counted(present.blobs, "blob")} and ${counted(present.manifests, "manifest")}; nothing was written`,
  ];
}
