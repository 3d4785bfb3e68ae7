import type { Receipt } from "../outcome/receipt.ts";
import { endAnnouncement } from "./announcement.ts";
import type { Period } from "./goal-report.ts";
import { rank } from "./goal-report.ts";
import type { PendingPush } from "./pending-push.ts";

/** Buckets of the same length, one after the other. Times are epoch milliseconds. */
export interface Buckets extends Period {
  readonly count: number;
  readonly bucketMs: number;
}

/** The buckets whose last one has `now` in it. They begin at whole multiples of their length, so that each stays what it was as time goes by. */
export function bucketsUntil(now: number, { count, bucketMs }: Pick<Buckets, "count" | "bucketMs">): Buckets {
  const until = (Math.floor(now / bucketMs) + 1) * bucketMs;
  return { from: until - count * bucketMs, until, count, bucketMs };
}

/** What happened at one destination: each field has one value for each bucket. */
export interface DestinationSeries {
  readonly destination: string;
  /** Accepted pushes by how they ended, in the bucket in which they did. */
  readonly arrived: readonly number[];
  readonly failed: readonly number[];
  readonly skipped: readonly number[];
  /** Accepted pushes that had not ended at the end of the bucket; in the last one, when they were read. */
  readonly pending: readonly number[];
  /** Seconds of those that arrived: the value that so many percent do not exceed. Undefined: none arrived. */
  readonly lagP50: readonly (number | undefined)[];
  readonly lagP95: readonly (number | undefined)[];
  /** Of all requests that ended in the bucket, also those of comparisons. */
  readonly bytesSent: readonly number[];
}

type EndKind = "arrived" | "failed" | "skipped";

interface PushEnd {
  readonly destination: string;
  readonly kind: EndKind;
  readonly acceptedAt: number;
  readonly endedAt: number;
  readonly lagSeconds: number;
}

/** Counts receipts and pending pushes into buckets. Their order does not matter. A push counts once; if it has ended, it is not pending. */
export function createSeriesCounter(buckets: Buckets) {
  const ends = new Map<string, PushEnd>();
  const waiting = new Map<string, PendingPush>();
  const sent = new Map<string, number[]>();
  return {
    /** A push that ended after the last bucket was pending in it. What ended before the first one changes nothing. */
    add(receipt: Receipt): void {
      const { destination, bytesUploaded = 0, endedAt } = receipt;
      if (destination === undefined || endedAt < buckets.from) return;
      const bytes = sent.get(destination) ?? zeros(buckets);
      add(bytes, indexOf(endedAt, buckets), bytesUploaded);
      sent.set(destination, bytes);
      const end = endOf(receipt);
      const known = end && ends.get(end.key);
      // A request that was delivered twice ended when it first did.
      if (end !== undefined && (known === undefined || end.endedAt < known.endedAt)) ends.set(end.key, end);
    },
    addPending(push: PendingPush): void {
      waiting.set(keyOf(push), push);
    },
    series(destination: string): DestinationSeries {
      const own = [...ends.values()].filter((end) => end.destination === destination);
      const open = [...waiting].flatMap(([key, push]) =>
        push.destination === destination && !ends.has(key) ? [push] : [],
      );
      const bytesSent = sent.get(destination) ?? zeros(buckets);
      return { destination, ...countPushes(own, open, buckets), ...lagsOf(own, buckets), bytesSent };
    },
  };
}

const zeros = ({ count }: Buckets): number[] => Array.from({ length: count }, () => 0);
const indexOf = (at: number, { from, bucketMs }: Buckets): number => Math.floor((at - from) / bucketMs);

function countPushes(
  ends: readonly PushEnd[],
  open: readonly PendingPush[],
  buckets: Buckets,
): Record<EndKind | "pending", number[]> {
  const [arrived, failed] = [zeros(buckets), zeros(buckets)];
  const counts = { arrived, failed, skipped: zeros(buckets), pending: zeros(buckets) };
  for (const { kind, acceptedAt, endedAt } of ends) {
    add(counts[kind], indexOf(endedAt, buckets), 1);
    addWhile(counts.pending, indexOf(acceptedAt, buckets), indexOf(endedAt, buckets));
  }
  // The clock that accepted it may be ahead of this one.
  for (const { acceptedAt } of open)
    addWhile(counts.pending, Math.min(indexOf(acceptedAt, buckets), buckets.count - 1), buckets.count);
  return counts;
}

function lagsOf(ends: readonly PushEnd[], buckets: Buckets): Pick<DestinationSeries, "lagP50" | "lagP95"> {
  const lags: number[][] = Array.from({ length: buckets.count }, () => []);
  for (const { kind, endedAt, lagSeconds } of ends) {
    if (kind === "arrived") lags[indexOf(endedAt, buckets)]?.push(lagSeconds);
  }
  const sorted = lags.map((each) => each.toSorted((a, b) => a - b));
  const percentile = (percent: number) => sorted.map((each) => (each.length === 0 ? undefined : rank(each, percent)));
  return { lagP50: percentile(50), lagP95: percentile(95) };
}

function add(counts: number[], index: number, value: number): void {
  const before = counts[index];
  if (before !== undefined) counts[index] = before + value;
}

/** Counts in each bucket from the one in which it began until before the one in which it ended. */
function addWhile(counts: number[], began: number, ended: number): void {
  for (let index = Math.max(began, 0); index < Math.min(ended, counts.length); index++) add(counts, index, 1);
}

const KINDS = { Replicated: "arrived", LateArrived: "arrived", Failed: "failed", Skipped: "skipped" } as const;

/** The end of an accepted push; undefined for every other receipt. Its goal is not asked for: late or not is the same here. */
function endOf(receipt: Receipt): (PushEnd & { readonly key: string }) | undefined {
  const announced = endAnnouncement(receipt, Infinity);
  const { acceptedAt, endedAt } = receipt;
  if (announced === undefined || acceptedAt === undefined) return undefined;
  const { type, destination, lagSeconds, request, repository, reference } = announced;
  const key = keyOf({ id: request, destination, repository, reference });
  return { key, kind: KINDS[type], destination, acceptedAt, endedAt, lagSeconds };
}

function keyOf(push: { readonly [Part in "id" | "destination" | "repository" | "reference"]: string }): string {
  return [push.id, push.destination, push.repository, push.reference].join(" ");
}
