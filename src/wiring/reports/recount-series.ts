import { bucketsUntil, createSeriesCounter } from "../../replication/pending/series.ts";
import type { Buckets, DestinationSeries } from "../../replication/pending/series.ts";
import type { Operations } from "../operations/open-operations.ts";

/** What happened at all destinations over time. Times are epoch milliseconds. */
export interface StackSeries extends Buckets {
  /** When it was read. */
  readonly at: number;
  readonly destinations: readonly DestinationSeries[];
}

/** What it is recounted from. */
export type SeriesSource = Pick<Operations, "parts" | "pending" | "endedReceipts" | "signal">;

/** Recounts what happened, from the receipts and the pending pushes. Reads the whole table. @param now epoch milliseconds. */
export async function recountSeries(
  wanted: Pick<Buckets, "count" | "bucketMs">,
  { parts, pending, endedReceipts, signal }: SeriesSource,
  now: number,
): Promise<StackSeries> {
  const buckets = bucketsUntil(now, wanted);
  const counter = createSeriesCounter(buckets);
  // The pending ones first: a push that ends meanwhile is found twice, and not missed.
  for (const name of parts.destinations) {
    for await (const push of pending.ofDestination(name, signal)) counter.addPending(push);
  }
  for await (const receipt of endedReceipts(buckets.from)) counter.add(receipt);
  return { ...buckets, at: now, destinations: parts.destinations.map((name) => counter.series(name)) };
}
