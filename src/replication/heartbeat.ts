import type { Clock } from "./clock.ts";

/** A lease could not be renewed in time: somebody else may own the work now, so ours must stop. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/**
 * Runs `work` while a lease is renewed every third of its length. The work's signal is aborted when the lease is lost;
 * the last renewal has ended when this returns.
 */
export async function withHeartbeat<T>(
  lease: { readonly leaseMs: number; readonly renew: () => Promise<boolean> },
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

async function beat(
  { leaseMs, renew }: { readonly leaseMs: number; readonly renew: () => Promise<boolean> },
  clock: Clock,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const rested = await clock.sleep(leaseMs / 3, stop).then(
      () => true,
      () => false,
    );
    if (!rested || stop.aborted) return;
    if (!(await renew())) throw new LeaseLostError("the lease was taken by somebody else; this copy stops");
  }
}
