import type { Series } from "../../src/api/schemas/series.ts";

const BUCKET_MS = 900_000;
const COUNT = 96;
/** Dollars for each byte. */
const PRICE = 0.09e-9;

/** A day of two destinations, made up for pictures and tests of the charts: one of them is slow in the afternoon, and two pushes fail then. */
export function exampleSeries(at: number): Series {
  const from = (Math.floor(at / BUCKET_MS) + 1 - COUNT) * BUCKET_MS;
  return {
    period: "24h",
    at,
    from,
    bucketMs: BUCKET_MS,
    count: COUNT,
    destinations: [destinationOf("eu", 1, 58), destinationOf("us", 0.6, Infinity)],
  };
}

/** @param slow the bucket from which it is slow, for eight buckets. */
function destinationOf(destination: string, share: number, slow: number) {
  const buckets = Array.from({ length: COUNT }, (_, index) => {
    const day = Math.max(Math.sin(((index - 14) / COUNT) * Math.PI * 2), 0);
    const pushes = Math.round(44 * day * (0.8 + 0.2 * Math.sin(index * 1.7)) * share);
    const since = index - slow;
    const trouble = since >= 0 && since < 8 ? Math.sin(((since + 1) / 9) * Math.PI) : 0;
    const lagP50 = 7 + 5 * day + Math.sin(index * 2.3) + 40 * trouble;
    return {
      arrived: trouble > 0 ? pushes + 6 : pushes,
      failed: since === 4 ? 2 : 0,
      pending: Math.round(pushes / 22 + 34 * trouble),
      lagP50,
      lagP95: lagP50 * (1.9 + 0.3 * Math.sin(index)),
    };
  });
  const bytesSent = buckets.map(({ arrived }) => arrived * 38e6);
  return {
    destination,
    arrived: buckets.map(({ arrived }) => arrived),
    failed: buckets.map(({ failed }) => failed),
    skipped: buckets.map(() => 0),
    pending: buckets.map(({ pending }) => pending),
    lagP50: buckets.map(({ arrived, lagP50 }) => (arrived === 0 ? null : lagP50)),
    lagP95: buckets.map(({ arrived, lagP95 }) => (arrived === 0 ? null : lagP95)),
    bytesSent,
    egressDollars: bytesSent.map((bytes) => bytes * PRICE),
  };
}
