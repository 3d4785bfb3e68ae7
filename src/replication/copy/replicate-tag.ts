import type { Tag } from "../../oci/reference.ts";
import { Schema1Error } from "../../oci/errors/schema1-error.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import type { CopyRequest } from "../planning/copy-request.ts";
import { measured } from "../spans/span.ts";
import { withHeartbeat } from "../state/lease-heartbeat.ts";
import { claimTag, tagKey } from "../state/tag-record.ts";
import type { ReplicateContext } from "./copy-context.ts";
import { SCHEMA1 } from "../decide/decide-tag.ts";
import { cancelledReport } from "../holds/cancellation.ts";
import { UncertainPutError } from "./publish-tag.ts";
import { copyPass } from "./copy-pass.ts";
import type { PassResult } from "./copy-pass.ts";
import { copyUntilCurrent } from "./copy-until-current.ts";
import { failureOutcome } from "./failure-outcome.ts";
import { openTagSession } from "./tag-session.ts";
import type { TagSession } from "./tag-session.ts";

/** Deliveries that find the lease taken retry after it expires, spread over so many milliseconds. */
const BUSY_SPREAD_MS = 2_000;

/**
 * Makes one tag at the target equal to the source, safely beside other copies: it holds a lease, copies what the source's tag
 * names now, puts the tag last and confirms it, and repeats that while newer pushes arrive.
 * @returns failures, too: only an abort that leaves no time to record the outcome ends without a record.
 */
export async function replicateTag(
  request: CopyRequest,
  context: ReplicateContext,
  deadline: AbortSignal,
): Promise<CopyReport> {
  const { tags, clock, random } = context.ports;
  const { scope, owner, message, leaseMs } = context.identity;
  const { maxAttempts } = context.policy;
  const key = tagKey(scope, context.policy.targetTag ?? request.reference);
  const claim = { key, message, owner, leaseMs, pushedAt: request.pushedAt, askedAt: request.askedAt };
  let attempts = 1;
  let before: LastOutcome | undefined;
  let session: TagSession | undefined;
  const reportOf = (error: unknown): CopyReport =>
    error instanceof Schema1Error
      ? SCHEMA1
      : (unlessUncertain(error, deadline) ??
        failureOutcome(error, { deadline, attempts, maxAttempts, before, now: clock.now(), random }));
  try {
    const claimed = await tags.update(key, (record) => claimTag(record, { ...claim, now: clock.now() }), deadline);
    if (claimed.kind === "busy") {
      const afterMs = claimed.until - clock.now() + Math.round(random() * BUSY_SPREAD_MS);
      return { outcome: "deferred", reason: "busy", afterMs };
    }
    attempts = claimed.attempts + 1;
    before = claimed.last;
    const opened = openTagSession(claimed, context);
    session = opened;
    return await withHeartbeat(opened.lease, clock, deadline, (signal) => {
      const exhausted = opened.ending.exhausted();
      const copyCosignTag = (tag: Tag, working: AbortSignal): Promise<CopyReport> =>
        asCompanion(context, tag, (own) => replicateTag({ ...request, reference: tag }, withoutRule(own), working));
      const copyAs = async (tag: Tag, working: AbortSignal): Promise<CopyReport> => {
        const report = await asCompanion(context, tag, (own) => replicateTag(request, renamed(own, tag), working));
        opened.copying.observe({ kind: "companion-sent", bytes: report.bytesSent ?? 0 });
        // The record of the other tag counts the deliveries without progress.
        const isUnfinished = report.outcome === "deferred" && report.reason === "deadline";
        return isUnfinished ? { ...report, reason: "busy" } : report;
      };
      const work = { request, context, session: opened, copyCosignTag, copyAs };
      const pass = (): Promise<PassResult> =>
        exhausted === undefined || claimed.cancel !== undefined
          ? copyPass(work, signal).catch((error: unknown) => ({ kind: "ended", report: reportOf(error) }))
          : Promise.resolve({ kind: "ended", report: exhausted });
      return copyUntilCurrent(pass, opened);
    });
  } catch (error) {
    const report = reportOf(error);
    return session?.ending.withDelivery(report) ?? report;
  }
}

/** The end of a cancelled copy, unless it is not known whether its tag was put. */
function unlessUncertain(error: unknown, deadline: AbortSignal): CopyReport | undefined {
  return error instanceof UncertainPutError ? undefined : cancelledReport(error, deadline);
}

/** The spans of a companion's copy have one parent of their own. */
function asCompanion(
  context: ReplicateContext,
  reference: Tag,
  copy: (context: ReplicateContext) => Promise<CopyReport>,
): Promise<CopyReport> {
  const { ports } = context;
  if (ports.spans === undefined) return copy(context);
  const span = ports.spans.start("companion", { reference });
  const copying = copy({ ...context, ports: { ...ports, spans: span.inside } });
  return measured(span, copying, ({ outcome }) => ({ outcome }));
}

/** Cosign tags come with their image, whether a rule selects them or not: it has passed the gate. */
function withoutRule(context: ReplicateContext): ReplicateContext {
  const { policy } = context;
  const own = { onlyAttached: false, selectedDigest: undefined, platforms: undefined, targetTag: undefined };
  return { ...context, gate: undefined, policy: { ...policy, ...own } };
}

/** Another tag for the image. If that is taken, too, people have to decide. */
function renamed(context: ReplicateContext, targetTag: Tag): ReplicateContext {
  return { ...context, policy: { ...context.policy, targetTag, conflict: { strategy: "fail" } } };
}
