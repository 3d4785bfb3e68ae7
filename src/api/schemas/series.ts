import { z } from "../zod/z.ts";
import { egressDollars } from "../../contract/stack/prices.ts";
import type { StackSeries } from "../../wiring/reports/recount-series.ts";

const MINUTE_MS = 60_000;

/** The buckets of each period. */
export const PERIODS = {
  "1h": { count: 60, bucketMs: MINUTE_MS },
  "24h": { count: 96, bucketMs: 15 * MINUTE_MS },
  "30d": { count: 120, bucketMs: 360 * MINUTE_MS },
} as const;
export const Period = z.enum(["1h", "24h", "30d"]).openapi("Period");
export type Period = z.infer<typeof Period>;

const counts = (description: string) => z.array(z.number()).openapi({ description });
const lags = (percent: number) =>
  z
    .array(z.number().nullable())
    .openapi({ description: `Seconds that ${percent} % of the arrived pushes did not exceed; null: none arrived.` });

/** One destination over time: each array has a value for each bucket. */
const DestinationSeries = z
  .object({
    destination: z.string(),
    arrived: counts("Accepted pushes that arrived."),
    failed: counts("Accepted pushes that failed for good."),
    skipped: counts("Accepted pushes of which nothing was to be copied."),
    pending: counts("Accepted pushes that had not ended at the end of the bucket; of the last one, by now."),
    lagP50: lags(50),
    lagP95: lags(95),
    bytesSent: counts("Bytes that requests have sent which ended in the bucket, also those of comparisons."),
    egressDollars: counts("List price of these bytes, sent from AWS to the internet."),
  })
  .openapi("DestinationSeries");

/** What happened over time. Times are epoch milliseconds. */
export const Series = z
  .object({
    period: Period,
    at: z.number().openapi({ description: "When it was read; the last bucket ends later." }),
    from: z.number().openapi({ description: "Where the first bucket begins." }),
    bucketMs: z.int(),
    count: z.int().openapi({ description: "Buckets." }),
    destinations: z.array(DestinationSeries),
  })
  .openapi("Series");
export type Series = z.infer<typeof Series>;

export function seriesOf(period: Period, { at, from, bucketMs, count, destinations }: StackSeries): Series {
  const orNull = (values: readonly (number | undefined)[]) => values.map((value) => value ?? null);
  return {
    period,
    at,
    from,
    bucketMs,
    count,
    destinations: destinations.map(({ destination, lagP50, lagP95, bytesSent, ...pushes }) => ({
      destination,
      arrived: [...pushes.arrived],
      failed: [...pushes.failed],
      skipped: [...pushes.skipped],
      pending: [...pushes.pending],
      lagP50: orNull(lagP50),
      lagP95: orNull(lagP95),
      bytesSent: [...bytesSent],
      egressDollars: bytesSent.map(egressDollars),
    })),
  };
}
