/** A plausible mistake in the code that keeps the promises: in one file, one text replaces another. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** A second change, in the same file by default, where one alone breaks nothing. */
  readonly and?: { readonly file?: string; readonly find: string; readonly replace: string };
  /** The seed or point to begin with: it finds the bug soon. All later ones are played, too. */
  readonly from?: number;
  /** What finds the bug, if not seeds: the scenes, late calls, or seeds of a play. */
  readonly by?: "scenes" | "late" | "conflicts" | "ring";
  /** A part of the name of the scene that finds it: no other is played. */
  readonly scene?: string;
}

const TAG_RECORD = "src/replication/state/tag-record.ts";
const PUBLISH_IMAGE = "src/replication/copy/publish-image.ts";
const CHECKPOINT = "src/replication/state/checkpoint.ts";
const COPY_IMAGE = "src/replication/copy/copy-image.ts";
const COPY_BLOB = "src/replication/copy/copy-blob.ts";
const PUBLISH = "src/replication/copy/publish-tag.ts";
const JUDGE = "src/replication/copy/failure-outcome.ts";
const HANDLER = "functions/copy/handler.ts";
const FAN_OUT = "functions/fan-out/handler.ts";
const RECONCILE = "src/replication/reconcile/find-differences.ts";
const ASKING = "src/replication/reconcile/request-copies.ts";
const CYCLE = "src/replication/cycle/cycle-record.ts";
const RATE = "src/replication/destination/rate-record.ts";

/** Each bug breaks a promise, and the simulation must find it. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "the lease of another owner is taken",
    file: TAG_RECORD,
    find: "if (lease !== undefined && lease.until > claim.now) {",
    replace: "if (lease !== undefined && lease.until > claim.now + 1e9) {",
  },
  {
    name: "any process can renew a lease",
    by: "late",
    from: 265,
    file: TAG_RECORD,
    find: "return record.lease?.owner === lease.owner && record.lease.fence === lease.fence;",
    replace: "return record.lease !== undefined || lease.fence > 0;",
  },
  {
    name: "the lease is released although it is unknown whether the tag was put",
    by: "late",
    from: 1005,
    file: "src/replication/copy/copy-until-current.ts",
    find: 'last.reason === "uncertain"',
    replace: 'last.reason === ("never" as string)',
  },
  {
    name: "a checkpoint stays although the target denies the content",
    file: CHECKPOINT,
    find: 'if (known?.state !== "present") return { answer: undefined };\n  return { next: { state: "unknown" }, answer: undefined };\n}\n',
    replace: "return { answer: known === undefined ? undefined : undefined };\n}\n",
  },
  {
    name: "a claim is deleted together with a checkpoint",
    by: "scenes",
    scene: "content that the target has lost is sent by one of two copies that notice it, while the other waits",
    file: CHECKPOINT,
    find: 'if (known?.state !== "present") return { answer: undefined };\n  return { next: { state: "unknown" }',
    replace: 'return { next: { state: "unknown" }',
  },
  {
    name: "the upload claim of another owner is taken",
    from: 2,
    file: CHECKPOINT,
    find: "known.owner !== claim.owner && known.until > claim.now",
    replace: "known.owner !== claim.owner && known.until > claim.now + 1e9",
  },
  {
    name: "content is recorded as present when its upload is claimed",
    file: CHECKPOINT,
    find: 'next: { state: "uploading", owner: claim.owner, until, ...isLong, ...failedOf(known) },',
    replace: 'next: { state: "present" },',
  },
  {
    name: "a failed upload is recorded as present",
    file: CHECKPOINT,
    find: 'return { next: { state: "unknown", ...failedOf(known) }, answer: undefined };',
    replace: 'return { next: { state: "present" }, answer: undefined };',
  },
  {
    name: "blobs are not copied",
    file: COPY_IMAGE,
    find: "await copyBlobs(blobs, context, statistics, signal);",
    replace: "if (blobs.length > 1e9) await copyBlobs(blobs, context, statistics, signal);",
  },
  {
    name: "an index is put before its children",
    from: 27,
    file: COPY_IMAGE,
    find: "leftOut.push(...(await putBelow(tree, context, statistics, signal)));",
    replace: "void putBelow(tree, context, statistics, signal).catch(() => undefined);",
  },
  {
    name: "the claim of a failed upload never expires",
    file: CHECKPOINT,
    find: "const until = claim.now + claim.leaseMs;",
    replace: "const until = claim.now + 1e12;",
  },
  {
    name: "a put without an answer counts as successful",
    from: 75,
    file: PUBLISH,
    find: "if (unanswered !== undefined) throw unanswered;",
    replace: "if (unanswered !== undefined) return;",
  },
  {
    name: "an outage is a permanent failure",
    file: JUDGE,
    find: 'if (error.category === "permanent") return',
    replace: 'if (error.category !== "transient") return',
  },
  {
    name: "a missing permission is a permanent failure",
    from: 3,
    file: JUDGE,
    find: "if (reason === undefined) return",
    replace: 'if (reason !== "login-refused") return',
  },
  {
    name: "a refused login is a permanent failure",
    from: 709,
    file: JUDGE,
    find: "if (reason === undefined) return",
    replace: 'if (reason !== "access-denied") return',
  },
  {
    name: "an unavailable table is a permanent failure",
    file: JUDGE,
    find: 'return { outcome: "deferred", reason: "unavailable", afterMs: jittered(UNAVAILABLE_MS, random), error };',
    replace: 'return { outcome: "failed", reason: "table-away", error };',
  },
  {
    name: "garbage collection at the target is a permanent failure",
    from: 243,
    file: JUDGE,
    find: "if (isContentMissing(error)) return attemptOutcome(error, context);",
    replace: "",
  },
  {
    name: "a deferred message is deleted",
    file: HANDLER,
    find: 'if (report.outcome !== "deferred") return "done";',
    replace: 'if (report.outcome !== "deferred" || report.afterMs >= 0) return "done";',
  },
  {
    name: "the tag is put before its blobs are copied",
    file: PUBLISH_IMAGE,
    find: "const copying = copyContextOf(work,",
    replace:
      "const { source, target } = context.ports;\n      const early = await source.fetchManifest(wanted, signal);\n      if (early !== undefined) await target.putManifest(early, request.reference, signal).catch(() => undefined);\n      const copying = copyContextOf(work,",
  },
  {
    name: "an upload without an answer counts as successful",
    file: COPY_BLOB,
    find: "const { kind } = await target.pushBlob(blob, options, signal);",
    replace:
      'const { kind } = await target.pushBlob(blob, options, signal).catch(() => ({ kind: "uploaded" as const }));',
  },
  {
    name: "no receipt is written",
    file: HANDLER,
    find: "await receipts.write(about, receiptOf(report, context, runtime.now()), ending);",
    replace: "receiptOf(report, context, runtime.now());",
  },
  {
    name: "a request ends although its receipt could not be written",
    from: 322,
    file: HANDLER,
    find: 'return { ...result, report: { outcome: "deferred", reason: "unavailable", afterMs: UNRECORDED_MS, error } };',
    replace: "return error === report ? { request, record, report } : result;",
  },
  {
    name: "an event ends although its requests were not queued",
    file: FAN_OUT,
    find: "await send(requests, signal, read.pushed.isUntagged ? UNTAGGED_DELAY_SECONDS : 0);",
    replace: "await send(requests, 0).catch(() => undefined);",
  },
  {
    name: "a request is queued without waiting for the answer",
    file: FAN_OUT,
    find: "await send(requests, signal, read.pushed.isUntagged ? UNTAGGED_DELAY_SECONDS : 0);",
    replace: "void send(requests, 0).catch(() => undefined);",
  },
  {
    name: "a deadline is a permanent failure",
    from: 32,
    file: JUDGE,
    find: 'if (deadline.aborted) return { outcome: "deferred", reason: "deadline", afterMs: 0 };',
    replace: 'if (deadline.aborted) return { outcome: "failed", reason: "deadline", error };',
  },
  {
    name: "a lost lease is a permanent failure",
    from: 3,
    file: JUDGE,
    find: 'return { outcome: "deferred", reason: "lease-lost", afterMs: SOON_MS, error };',
    replace: 'return { outcome: "failed", reason: "lease-lost", error };',
  },
  {
    name: "a comparison overlooks tags that differ at the target",
    by: "scenes",
    scene: "the comparison finds a push to an existing tag whose event was lost",
    file: RECONCILE,
    find: "if (tag !== undefined && open.get(tag)?.digest === digest) open.delete(tag);",
    replace: "if (tag !== undefined) open.delete(tag);",
  },
  {
    name: "a comparison skips every tag that was replicated before",
    by: "scenes",
    scene: "the comparison finds a push to an existing tag whose event was lost",
    file: ASKING,
    find: "const isBusy = record.lease !== undefined && record.lease.until > now;",
    replace: "const isBusy = record.lease !== undefined || record.replicated !== undefined;",
  },
  {
    name: "a comparison that died is never continued",
    by: "scenes",
    scene: "the next comparison continues one that died",
    file: CYCLE,
    find: "record?.lease !== undefined && record.lease.until > now",
    replace: "record?.lease !== undefined",
  },
  {
    name: "requests are counted a thousand times",
    file: RATE,
    find: "(count * 1_000) / known.perSecond",
    replace: "(count * 1_000_000) / known.perSecond",
  },
];
