import { requestOf } from "../../src/replication/pending/pending-push.ts";
import type { PendingPush } from "../../src/replication/pending/pending-push.ts";
import type { ProbeDependencies } from "./probe-dependencies.ts";
import { RESEND_AFTER_MS, RESEND_EVERY_MS } from "./resend-times.ts";

/** Pushes that one invocation requests, and in one batch of the queue. The others follow a minute later. */
const MOST_RESUMED = 500;
const BATCH = 10;

type ResumeDependencies = Pick<ProbeDependencies, "pending" | "pauses" | "resend" | "now" | "observer">;

/**
 * Sends the requests of pushes again that were set aside, where the pause of their repository is over; the oldest first. The mark is taken
 * off before: a push whose request is lost in between is sent again after half an hour, also when it had been requested a moment before its pause.
 */
export async function requestResumed(
  setAside: readonly PendingPush[],
  { pending, pauses, resend, now, observer }: ResumeDependencies,
  signal: AbortSignal,
): Promise<void> {
  const resumed: PendingPush[] = [];
  for (const push of setAside.toSorted((a, b) => a.acceptedAt - b.acceptedAt)) {
    if (resumed.length === MOST_RESUMED) break;
    if ((await pauses.of(push.repository, signal)) === undefined) resumed.push(push);
  }
  for (let at = 0; at < resumed.length; at += BATCH) {
    const batch = resumed.slice(at, at + BATCH);
    const unsent = { setAsideAt: 0, askedAt: now() - RESEND_EVERY_MS + RESEND_AFTER_MS };
    await Promise.all(batch.map((push) => pending.note(push, unsent, signal)));
    await resend(batch.map(requestOf), signal);
    await Promise.all(batch.map((push) => pending.note(push, { askedAt: now() }, signal)));
  }
  if (resumed.length > 0)
    observer.info("Copies requested: the pause of their repositories is over", { count: resumed.length });
}
