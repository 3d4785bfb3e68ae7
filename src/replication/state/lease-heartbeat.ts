import type { Clock } from "../../async/clock.ts";
import { StoreError } from "./record-store.ts";

/** A lease could not be renewed in time: somebody else may own the work now, so ours must stop. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/** A lease, and what holds it longer: false when it is ours no more. */
export interface RenewableLease {
  readonly leaseMs: number;
  readonly renew: (signal: AbortSignal) => Promise<boolean>;
}

/**
 * Runs `work` while a lease is renewed every third of its length. The work's signal is aborted when the lease is lost, or a renewal has not
 * ended when it runs out. A renewal that is still under way when this returns changes nothing: the lease is let go of by then, or somebody else's.
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

/** Share of a lease that is left when work that may take effect late must stop: of 45 s, 31. */
export const LATE_SHARE: number = 31 / 45;

/**
 * Runs `work` only as long as the lease would outlast a late effect of it (assumption A1): renews the lease first and then
 * often, and aborts the work's signal when that has not worked in time, also after the process stood still.
 * @throws {LeaseLostError} before the work begins, when the lease is somebody else's.
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

/** What `work` gives, unless `ms` pass before, or `stop` comes: then nobody waits for it any more. */
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
      // A table that fails for a moment stops no copy, as long as the lease lasts.
      if (!(error instanceof StoreError)) throw error;
      cause = error;
      return undefined;
    });
    // A lease that ran out while the process stood still may be ours all the same: the renewal says so.
    const renewed = await inTime(renewing, leftMs > 0 ? leftMs : restMs, clock, stop);
    if (stop.aborted) return;
    if (renewed === false) throw new LeaseLostError("another copy has taken the lease; this copy stops");
    if (renewed === true) {
      renewedAt = now;
      pauseMs = restMs;
      continue;
    }
    // The lease goes on while the table fails: it is asked again soon, and the copy ends before the lease does.
    if (renewed === "late" || renewedAt + leaseMs - clock.now() <= retryMs) {
      throw new LeaseLostError("the lease could not be renewed in time; this copy stops", { cause });
    }
    pauseMs = retryMs;
  }
}

/** False when `stop` came first. */
async function isRested(ms: number, clock: Clock, stop: AbortSignal): Promise<boolean> {
  await clock.sleep(ms, stop).catch(() => undefined);
  return !stop.aborted;
}
