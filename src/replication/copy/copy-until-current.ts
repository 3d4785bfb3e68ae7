import type { CopyReport } from "../outcome/copy-report.ts";
import { LeaseLostError } from "../state/lease-heartbeat.ts";
import type { TagDelivery } from "./tag-session.ts";

/** Rounds after which a tag that keeps moving during the copy is left to a later delivery. */
const MAX_ROUNDS = 10;

/** Repeats `look` until neither the source nor the record has changed. */
export async function copyUntilCurrent(
  look: () => Promise<CopyReport | "moved">,
  leaseMs: number,
  held: TagDelivery,
): Promise<CopyReport> {
  let done: CopyReport | undefined;
  for (let round = 1; ; round++) {
    const report = sameOf(done, await look());
    if (report !== "moved") done = report;
    if (report === "moved" && round < MAX_ROUNDS) continue;
    const last = held.weighed(report === "moved" ? { outcome: "deferred", reason: "busy", afterMs: 0 } : report);
    // The lease is kept until the put can no longer take effect: no other copy puts a newer image before that.
    if (last.outcome === "deferred" && last.reason === "uncertain") {
      await held.leave();
      return { ...last, afterMs: leaseMs + last.afterMs };
    }
    const settled = await held.settle(last);
    if (settled.kind === "settled") return last;
    if (settled.kind === "lost") throw new LeaseLostError("the lease ran out before the copy was noted");
  }
}

/** Keeps the report of the earlier round when a later round only finds what that round copied. */
function sameOf(before: CopyReport | undefined, found: CopyReport | "moved"): CopyReport | "moved" {
  if (before?.outcome !== "replicated" || found === "moved") return found;
  const isFine = found.outcome === "unchanged" || found.outcome === "superseded";
  return isFine && before.digest === found.digest ? before : found;
}
