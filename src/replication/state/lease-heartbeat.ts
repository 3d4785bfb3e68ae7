import type { Clock } from "../../async/clock.ts";
import { StoreError } from "./record-store.ts";

/** A lease was lost, or not renewed in time. Another copy may hold it now, so this one must stop: `failure-outcome.ts` defers it. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/** A lease that can be renewed for another `leaseMs`; `renew` returns false when another copy holds it. */
export interface RenewableLease {
  readonly leaseMs: number;
  readonly renew: (signal: AbortSignal) => Promise<boolean>;
}

/**
 * Runs `work` and renews the lease every third of its length. Aborts the work's signal when the lease is lost, or when no
 * renewal succeeds before it expires. A renewal may still be in flight when this returns. It does no harm: it fails if the
 * lease was released or taken over, and otherwise only extends a lease that expires by itself.
 */
export async function withHeartbeat<T>(
  lease: RenewableLease,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const lost = new AbortController();
  const beating = beat(lease, clock, stop.signal).catch((error: unknown) => lost.abort(error));
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    stop.abort();
    await beating;
  }
}

/** Share of a lease that must remain while a request runs that may take effect late: 31 of 45 seconds. */
export const LATE_SHARE: number = 31 / 45;

/**
 * Runs `work` while enough of the lease remains to outlast a late effect of it (assumption A1). Renews the lease before the
 * work and frequently during it. Aborts the work's signal when a renewal is late, also after the process was frozen.
 * @throws {LeaseLostError} before the work begins, when another copy holds the lease.
 */
export async function whileLeaseFresh<T>(
  { leaseMs, renew }: RenewableLease,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const freshMs = leaseMs * (1 - LATE_SHARE);
  const stop = new AbortController();
  const stale = new AbortController();
  let freshUntil = await refresh(signal);
  const watching = watch();
  try {
    return await work(AbortSignal.any([signal, stale.signal]));
  } finally {
    stop.abort();
    await watching;
  }

  async function refresh(renewing: AbortSignal): Promise<number> {
    const now = clock.now();
    if (!(await renew(renewing))) throw new LeaseLostError("the lease was lost before the tag was put");
    return now + freshMs;
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(Math.min(freshMs / 3, freshUntil - clock.now()), stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      const renewing = refresh(stop.signal).catch(() => freshUntil);
      const renewed = await inTime(renewing, freshUntil - clock.now(), clock, stop.signal);
      if (stop.signal.aborted) return;
      if (renewed === "late") {
        return stale.abort(new LeaseLostError("the lease was not renewed in time; the tag is not put"));
      }
      freshUntil = renewed;
    }
  }
}

/** The result of `work`, or "late" when `ms` pass or `stop` is aborted first; `work` itself is not stopped. */
async function inTime<T>(work: Promise<T>, ms: number, clock: Clock, stop: AbortSignal): Promise<T | "late"> {
  work.catch(() => undefined);
  if (ms <= 0) return "late";
  const over = new AbortController();
  const late = clock.sleep(ms, AbortSignal.any([stop, over.signal])).then(
    () => "late" as const,
    () => "late" as const,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}

async function beat({ leaseMs, renew }: RenewableLease, clock: Clock, stop: AbortSignal): Promise<void> {
  const restMs = leaseMs / 3;
  const retryMs = leaseMs / 15;
  let cause: unknown;
  let renewedAt = clock.now();
  let pauseMs = restMs;
  while (await isRested(pauseMs, clock, stop)) {
    const now = clock.now();
    const leftMs = renewedAt + leaseMs - now;
    const renewing = renew(stop).catch((error: unknown) => {
      if (stop.aborted) return undefined;
      // A short failure of the table must not stop the copy while the lease lasts.
      if (!(error instanceof StoreError)) throw error;
      cause = error;
      return undefined;
    });
    // After the process was frozen, an expired lease may still be ours: only a renewal can tell.
    const renewed = await inTime(renewing, leftMs > 0 ? leftMs : restMs, clock, stop);
    if (stop.aborted) return;
    if (renewed === false) throw new LeaseLostError("another copy has taken the lease; this copy stops");
    if (renewed === true) {
      renewedAt = now;
      pauseMs = restMs;
      continue;
    }
    // The table failed: retry soon, but stop the copy before the lease expires.
    if (renewed === "late" || renewedAt + leaseMs - clock.now() <= retryMs) {
      throw new LeaseLostError("the lease could not be renewed in time; this copy stops", { cause });
    }
    pauseMs = retryMs;
  }
}

/** Sleeps; false when `stop` was aborted first. */
async function isRested(ms: number, clock: Clock, stop: AbortSignal): Promise<boolean> {
  await clock.sleep(ms, stop).catch(() => undefined);
  return !stop.aborted;
}
