import { COPY_MEMORY_MEGABYTES } from "../../contract/stack/limits.ts";
import { PRICES, runningDollars } from "../../contract/stack/prices.ts";
import { PATHS } from "./paths.ts";
import type { NetworkPath } from "./paths.ts";

/** What is pushed per month. */
export interface Workload {
  readonly images: number;
  /** Size of an image, 10^6 bytes. */
  readonly megabytes: number;
  /** Share of an image that is already at the destination, 0 to 1. */
  readonly overlap: number;
  readonly blobs: number;
  readonly destinations: number;
  /** How bytes leave AWS; the internet by default. */
  readonly path?: NetworkPath["name"] | undefined;
}

/** Copies that the stack makes, whenever that is. */
export interface CopyWork {
  readonly copies: number;
  /** All bytes that are sent. */
  readonly bytes: number;
  /** Of all copies together. */
  readonly blobs: number;
}

export interface CostItem {
  readonly name: string;
  readonly dollars: number;
  readonly because: string;
}

/** Assumptions about a copy: its fixed time and its throughput. Measured with the local stack and rounded up. */
const COPY = { secondsWithoutBytes: 1.5, bytesPerSecond: 60e6 } as const;
/** Reads and writes of the table per copy (tag, contents of two kilobytes, circuit, rate and receipt), and of each kind per blob. */
const TABLE = { readsPerCopy: 8, writesPerCopy: 8, perBlob: 2 } as const;
const LOG_BYTES_PER_COPY = 7_500;
/** Metrics without a destination, such as the duration of the invocations of each function that runs all the time. */
const METRICS_PER_STACK = 12;
const METRICS_PER_DESTINATION = 16;
const ALARMS = { perStack: 6, perDestination: 10 } as const;
/** Minutes of a month. The probe runs every minute, the comparison every five. */
const MINUTES = 43_800;

/** The bytes that leave AWS in a month. */
export function sentBytes({ images, destinations, megabytes, overlap }: Workload): number {
  return images * destinations * megabytes * 1e6 * (1 - overlap);
}

/** The monthly cost by item. Egress costs the same with every tool: AWS charges for each byte that leaves it. */
export function estimate(workload: Workload) {
  const { images, blobs, destinations, path: name = "internet" } = workload;
  const copies = images * destinations;
  const bytes = sentBytes(workload);
  const work = { copies, bytes, blobs: copies * blobs };
  const path = PATHS.find((each) => each.name === name);
  const items = [egress(bytes, path), ...copying(work, MINUTES), watching(destinations)];
  const total = items.reduce((sum, { dollars }) => sum + dollars, 0);
  return {
    items,
    total,
    perThousandImages: images === 0 ? 0 : (total / images) * 1_000,
    perTerabyte: bytes === 0 ? undefined : total / (bytes / 1e12),
  };
}

function egress(bytes: number, path: NetworkPath | undefined): CostItem {
  const monthly = path?.monthly ?? 0;
  const standing = monthly === 0 ? "" : `, and $${monthly.toFixed(2)} for its hours`;
  return {
    name: "egress",
    dollars: (path?.dollars(bytes) ?? 0) + monthly,
    because: `${(bytes / 1e9).toFixed(1)} GB leave AWS by ${path?.title}${standing}`,
  };
}

/** What copies cost beside their egress. @param minutes of the scheduled functions and of the polls of queues; 0: only what the copies add. */
export function copying({ copies, bytes, blobs }: CopyWork, minutes = 0): CostItem[] {
  return [lambda(copies, bytes, minutes), ...storage({ copies, blobs }, minutes)];
}

/** The time that copies take in the function, in seconds. */
export function copySeconds({ copies, bytes }: Pick<CopyWork, "copies" | "bytes">): number {
  return copies * COPY.secondsWithoutBytes + bytes / COPY.bytesPerSecond;
}

/** The throughput that the model assumes for one copy. */
export const ASSUMED_BYTES_PER_SECOND: number = COPY.bytesPerSecond;

function lambda(copies: number, bytes: number, minutes: number): CostItem {
  const seconds = copySeconds({ copies, bytes });
  const running = runningDollars(seconds, COPY_MEMORY_MEGABYTES);
  // Fan-out, probe and comparison: 256 MB and 0.25 s each.
  const scheduled = runningDollars((copies + minutes * 1.2) * 0.25, 256);
  const requests = (2 * copies + minutes * 1.2) * PRICES.lambdaRequest;
  const others = minutes === 0 ? "" : ", and the scheduled functions";
  return {
    name: "Lambda",
    dollars: running + scheduled + requests,
    because: `${Math.round(seconds).toLocaleString("en")} s of copying at ${(COPY_MEMORY_MEGABYTES / 1_024).toFixed(2)} GB${others}`,
  };
}

function storage({ copies, blobs }: Pick<CopyWork, "copies" | "blobs">, minutes: number): CostItem[] {
  const reads = copies * TABLE.readsPerCopy + blobs * TABLE.perBlob + minutes * 2;
  const writes = copies * TABLE.writesPerCopy + blobs * TABLE.perBlob;
  // Empty queues are polled too: 5 pollers with long polls of 20 s, for each of two queues.
  const polls = ((minutes * 60) / 20) * 5 * 2;
  return [
    {
      name: "DynamoDB",
      dollars: reads * PRICES.dynamoRead + writes * PRICES.dynamoWrite,
      because: `${Math.round(reads).toLocaleString("en")} reads, ${Math.round(writes).toLocaleString("en")} writes`,
    },
    {
      name: "SQS",
      dollars: (copies * 3 + polls) * PRICES.sqsRequest,
      because: minutes === 0 ? "three requests a message" : "messages, and polls of empty queues",
    },
    {
      name: "logs",
      dollars: ((copies * LOG_BYTES_PER_COPY) / 1e9) * PRICES.logsGigabyte,
      because: `${LOG_BYTES_PER_COPY / 1_000} kB a copy`,
    },
  ];
}

function watching(destinations: number): CostItem {
  const metrics = METRICS_PER_STACK + METRICS_PER_DESTINATION * destinations;
  const alarms = ALARMS.perStack + ALARMS.perDestination * destinations;
  return {
    name: "CloudWatch",
    dollars: metrics * PRICES.metricMonth + alarms * PRICES.alarmMonth + PRICES.dashboardMonth,
    because: `${metrics} metrics, ${alarms} alarms, one dashboard`,
  };
}
