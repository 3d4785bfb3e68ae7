import { requestOf } from "../../src/replication/pending/pending-push.ts";
import type { PendingPush } from "../../src/replication/pending/pending-push.ts";
import type { ProbeDependencies } from "./probe-dependencies.ts";

/** Pushes that one invocation requests, and in one batch of the queue. The others follow a minute later. */
const MOST_RESUMED = 500;
const BATCH = 10;

type ResumeDependencies = Pick<ProbeDependencies, "pending" | "pauses" | "resend" | "now" | "observer">;

/**
 * Sends the requests of pushes again that were set aside, where the pause of their repository is over; the oldest first. The mark is taken
 * off after that, so a crash in between sends them twice. A copy that did not know of the end of the pause sets its push aside once more: that mark stays.
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
    await resend(batch.map(requestOf), signal);
    await Promise.all(batch.map((push) => pending.noteAsked(push, now(), signal)));
  }
  if (resumed.length > 0)
    observer.info("Copies requested: the pause of their repositories is over", { count: resumed.length });
}
