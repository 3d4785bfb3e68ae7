import type { CopyReport } from "../outcome/copy-report.ts";
import { LeaseLostError } from "../state/lease-heartbeat.ts";
import type { PassResult } from "./copy-pass.ts";
import type { TagSession } from "./tag-session.ts";

/** Passes after which a tag that keeps moving is left to a later delivery. */
const MAX_PASSES = 10;

/** Repeats passes until the source's tag has not moved and no other request has arrived, then ends the session. */
export async function copyUntilCurrent(
  pass: () => Promise<PassResult>,
  { lease: { leaseMs }, ending }: TagSession,
): Promise<CopyReport> {
  let done: CopyReport | undefined;
  for (let passes = 1; ; passes++) {
    const result = await pass();
    if (result.kind === "moved" && passes < MAX_PASSES) continue;
    const report = result.kind === "ended" ? firstReport(done, result.report) : STILL_MOVING;
    if (result.kind === "ended") done = report;
    const last = ending.assess(report);
    // The lease stays until the put can no longer take effect: until then, no other copy may put a newer image.
    if (last.outcome === "deferred" && last.reason === "uncertain") {
      await ending.leave();
      return { ...last, afterMs: leaseMs + last.afterMs };
    }
    const settled = await ending.settle(last);
    if (settled.kind === "settled") return last;
    if (settled.kind === "lost") throw new LeaseLostError("the lease expired before the outcome was recorded");
  }
}

const STILL_MOVING: CopyReport = { outcome: "deferred", reason: "busy", afterMs: 0 };

/** The report of a copy stays when a later pass finds the same digest in place. */
function firstReport(before: CopyReport | undefined, found: CopyReport): CopyReport {
  if (before?.outcome !== "replicated") return found;
  const isInPlace = found.outcome === "unchanged" || found.outcome === "superseded";
  return isInPlace && before.digest === found.digest ? before : found;
}
