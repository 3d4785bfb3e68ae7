/** A mistake somebody could make in the code that keeps the promises: one text for another, in one file. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** A second change, of the same file or of another one, where one alone changes nothing. */
  readonly and?: { readonly file?: string; readonly find: string; readonly replace: string };
  /** Seed, or point, to begin with: what finds the mistake soon. From there on all are played. */
  readonly from?: number;
  /** What shows it, if not seeds: the scenes of `seams.ts`, or calls that are late at every point. */
  readonly by?: "seams" | "late";
}

const TAG_RECORD = "src/replication/state/tag-record.ts";
const REPLICATE_TAG = "src/replication/copy/replicate-tag.ts";
const CHECKPOINT = "src/replication/state/checkpoint.ts";
const COPY_IMAGE = "src/replication/copy/copy-image.ts";
const COPY_BLOB = "src/replication/copy/copy-blob.ts";
const PUBLISH = "src/replication/copy/publish-tag.ts";
const JUDGE = "src/replication/copy/failure-outcome.ts";
const HANDLER = "functions/copy/handler.ts";
const FAN_OUT = "functions/fan-out/handler.ts";
const RECONCILE = "src/replication/reconcile/reconcile-repository.ts";
const ASKING = "src/replication/reconcile/request-copies.ts";
const CYCLE = "src/replication/reconcile/cycle-record.ts";
const RATE = "src/replication/destination/rate-record.ts";

/** Each breaks a promise, and the simulation must find out which. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "the lease of another is taken",
    file: TAG_RECORD,
    find: "if (lease !== undefined && lease.until > claim.now) {",
    replace: "if (lease !== undefined && lease.until > claim.now + 1e9) {",
  },
  {
    name: "a lease is renewed by whoever asks",
    by: "late",
    from: 130,
    file: TAG_RECORD,
    find: "return record.lease?.owner === lease.owner && record.lease.fence === lease.fence;",
    replace: "return record.lease !== undefined || lease.fence > 0;",
  },
  {
    name: "the lease is let go although nobody knows whether the tag was put",
    by: "late",
    from: 1_010,
    file: "src/replication/copy/copy-rounds.ts",
    find: 'last.reason === "uncertain"',
    replace: 'last.reason === ("never" as string)',
  },
  {
    name: "what the target denies stays believed",
    file: CHECKPOINT,
    find: 'if (known?.state !== "present") return { answer: undefined };\n  return { next: { state: "unknown" }, answer: undefined };\n}\n',
    replace: "return { answer: known === undefined ? undefined : undefined };\n}\n",
  },
  {
    name: "a claim is forgotten together with a checkpoint",
    from: 13,
    file: CHECKPOINT,
    find: 'if (known?.state !== "present") return { answer: undefined };\n  return { next: { state: "unknown" }',
    replace: 'return { next: { state: "unknown" }',
  },
  {
    name: "the claim of another is taken",
    file: CHECKPOINT,
    find: "known.owner !== claim.owner && known.until > claim.now",
    replace: "known.owner !== claim.owner && known.until > claim.now + 1e9",
  },
  {
    name: "content is noted as present when it is claimed",
    file: CHECKPOINT,
    find: 'next: { state: "uploading", owner: claim.owner, until, ...isLong, ...failedOf(known) },',
    replace: 'next: { state: "present" },',
  },
  {
    name: "a broken upload is noted as done",
    file: CHECKPOINT,
    find: 'return { next: { state: "unknown", ...failedOf(known) }, answer: undefined };',
    replace: 'return { next: { state: "present" }, answer: undefined };',
  },
  {
    name: "blobs are not copied",
    file: COPY_IMAGE,
    find: "await copyBlobs(blobs, context, tally, signal);",
    replace: "if (blobs.length > 1e9) await copyBlobs(blobs, context, tally, signal);",
  },
  {
    name: "children are put together with the index",
    from: 5,
    file: COPY_IMAGE,
    find: "leftOut.push(...(await putBelow(tree, context, tally, signal)));",
    replace: "void putBelow(tree, context, tally, signal).catch(() => undefined);",
  },
  {
    name: "a failed upload keeps its claim for ever",
    file: CHECKPOINT,
    find: "const until = claim.now + claim.leaseMs;",
    replace: "const until = claim.now + 1e12;",
  },
  {
    name: "a tag is believed to be put because nobody said no",
    from: 62,
    file: PUBLISH,
    find: "if (unanswered !== undefined) throw unanswered;",
    replace: "if (unanswered !== undefined) return;",
  },
  {
    name: "an outage is a failure for good",
    file: JUDGE,
    find: 'if (error.category === "permanent") return',
    replace: 'if (error.category !== "transient") return',
  },
  {
    name: "a missing permission is a failure for good",
    file: JUDGE,
    find: "if (reason === undefined) return",
    replace: 'if (reason !== "login-refused") return',
  },
  {
    name: "a refused login is a failure for good",
    from: 36,
    file: JUDGE,
    find: "if (reason === undefined) return",
    replace: 'if (reason !== "access-denied") return',
  },
  {
    name: "a table that is away is a failure for good",
    file: JUDGE,
    find: 'return { outcome: "deferred", reason: "unavailable", afterMs: jittered(UNAVAILABLE_MS, random), error };',
    replace: 'return { outcome: "failed", reason: "table-away", error };',
  },
  {
    name: "a target that collects is a failure for good",
    from: 103,
    file: JUDGE,
    find: "if (deniesContent(error)) return judgeAttempt(error, judgement);",
    replace: "",
  },
  {
    name: "what is deferred is done",
    file: HANDLER,
    find: 'if (report.outcome !== "deferred") return "done";',
    replace: 'if (report.outcome !== "deferred" || report.afterMs >= 0) return "done";',
  },
  {
    name: "the tag is put before its blobs are asked for",
    file: REPLICATE_TAG,
    find: "const copying: CopyContext = resends === 0 ?",
    replace:
      "const early = await context.source.fetchManifest(wanted, signal);\n      if (early !== undefined) await context.target.putManifest(early, reference, signal).catch(() => undefined);\n      const copying: CopyContext = resends === 0 ?",
  },
  {
    name: "an unanswered upload counts as arrived",
    file: COPY_BLOB,
    find: "const { kind } = await target.pushBlob(blob, options, signal);",
    replace:
      'const { kind } = await target.pushBlob(blob, options, signal).catch(() => ({ kind: "uploaded" as const }));',
  },
  {
    name: "the end of a request is not noted",
    file: HANDLER,
    find: "await receipts.write(about, receiptOf(report, { request, messageId }, now()), ending);",
    replace: "void receiptOf(report, { request, messageId }, now());",
  },
  {
    name: "a request ends although its end could not be noted",
    from: 216,
    file: HANDLER,
    find: 'return { request, record, report: { outcome: "deferred", reason: "unavailable", afterMs: UNNOTED_MS, error } };',
    replace: "return error === report ? { request, record, report } : ended;",
  },
  {
    name: "an event that was not queued is done",
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
    name: "running out of time is a failure for good",
    from: 19,
    file: JUDGE,
    find: 'if (deadline.aborted) return { outcome: "deferred", reason: "deadline", afterMs: 0 };',
    replace: 'if (deadline.aborted) return { outcome: "failed", reason: "deadline", error };',
  },
  {
    name: "a lost lease is a failure for good",
    file: JUDGE,
    find: 'return { outcome: "deferred", reason: "lease-lost", afterMs: SOON_MS, error };',
    replace: 'return { outcome: "failed", reason: "lease-lost", error };',
  },
  {
    name: "a comparison overlooks what is absent at the target",
    by: "seams",
    file: RECONCILE,
    find: "if (tag !== undefined && open.get(tag)?.digest === digest) open.delete(tag);",
    replace: "if (tag !== undefined) open.delete(tag);",
  },
  {
    name: "a comparison believes that a tag is fine because it once was",
    by: "seams",
    file: ASKING,
    find: "const isBusy = record.lease !== undefined && record.lease.until > now;",
    replace: "const isBusy = record.lease !== undefined || record.replicated !== undefined;",
  },
  {
    name: "a comparison that died is never taken up again",
    by: "seams",
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
