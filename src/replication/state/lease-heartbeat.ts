import type { Clock } from "../../async/clock.ts";
import { linkAbort } from "../../async/linked-abort.ts";
import { createBackground } from "./background.ts";
import type { Background } from "./background.ts";
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
  using working = linkAbort(signal);
  const background = createBackground(clock);
  const beating = beat(lease, clock, background).catch((error: unknown) => working.abort(error));
  try {
    return await work(working.signal);
  } finally {
    background.stop();
    await beating;
  }
}

/** Share of a lease that must remain while a request runs that may take effect late: 31 of 45 seconds. */
export const LATE_SHARE: number = 31 / 45;

/**
 * Runs `work` while enough of the lease remains to outlast a late effect of it (docs/understand/delivery.md, assumption A1). Renews the lease before the
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
  const background = createBackground(clock);
  let freshUntil = await refresh(signal);
  using working = linkAbort(signal);
  const watching = watch();
  try {
    return await work(working.signal);
  } finally {
    background.stop();
    await watching;
  }

  async function refresh(renewing: AbortSignal): Promise<number> {
    const now = clock.now();
    if (!(await renew(renewing))) throw new LeaseLostError("the lease was lost before the tag was put");
    return now + freshMs;
  }

  async function watch(): Promise<void> {
    while (await background.rest(Math.min(freshMs / 3, freshUntil - clock.now()))) {
      const renewing = refresh(background.signal()).catch(() => freshUntil);
      const renewed = await background.inTime(renewing, freshUntil - clock.now());
      if (background.isStopped()) return;
      if (renewed === "late") {
        return working.abort(new LeaseLostError("the lease was not renewed in time; the tag is not put"));
      }
      freshUntil = renewed;
    }
  }
}

async function beat({ leaseMs, renew }: RenewableLease, clock: Clock, background: Background): Promise<void> {
  const restMs = leaseMs / 3;
  const retryMs = leaseMs / 15;
  let cause: unknown;
  let renewedAt = clock.now();
  let pauseMs = restMs;
  while (await background.rest(pauseMs)) {
    const now = clock.now();
    const leftMs = renewedAt + leaseMs - now;
    const renewing = renew(background.signal()).catch((error: unknown) => {
      if (background.isStopped()) return undefined;
      // A short failure of the table must not stop the copy while the lease lasts.
      if (!(error instanceof StoreError)) throw error;
      cause = error;
      return undefined;
    });
    // After the process was frozen, an expired lease may still be ours: only a renewal can tell.
    const renewed = await background.inTime(renewing, leftMs > 0 ? leftMs : restMs);
    if (background.isStopped()) return;
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
