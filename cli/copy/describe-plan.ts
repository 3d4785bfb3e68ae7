import { isDigest } from "../../src/oci/digest.ts";
import { counted, formatBytes } from "../terminal/format.ts";
import { describeLeftOut } from "../../src/replication/outcome/left-out.ts";
import type { CopyPlan } from "./copy-plan.ts";

/** A plan in figures, as `--json` has it. */
export function summarizePlan({ blobs, batches, present, leftOut }: CopyPlan) {
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

/** A plan as lines for people, in the order in which it is carried out. */
export function describePlan(plan: CopyPlan): string[] {
  const { send, mount, put, bytes, present, leftOut } = summarizePlan(plan);
  const mounted = mount.length === 0 ? "" : `, mount ${counted(mount.length, "blob")}`;
  return [
    ...mount.map(({ digest, size, from }) => `mount ${digest} ${formatBytes(size)} from ${from}`),
    ...send.map(({ digest, size }) => `send ${digest} ${formatBytes(size)}`),
    ...put.map(({ digest, reference }) => (isDigest(reference) ? `put ${digest}` : `tag ${digest} as ${reference}`)),
    ...leftOut.map((each) => `leave out ${describeLeftOut([each])}`),
    `would send ${counted(send.length, "blob")} (${formatBytes(bytes)})${mounted} and put ${counted(put.length, "manifest")}; ` +
      `${counted(present.blobs, "blob")} and ${counted(present.manifests, "manifest")} are there already; nothing was written`,
  ];
}
