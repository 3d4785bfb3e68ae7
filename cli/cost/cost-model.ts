import { COPY_MEMORY_MEGABYTES } from "../../src/contract/stack/limits.ts";
import { egressDollars, PRICES, runningDollars } from "../../src/contract/stack/prices.ts";

/** What is pushed per month. */
export interface Workload {
  readonly images: number;
  /** Size of an image, 10^6 bytes. */
  readonly megabytes: number;
  /** Share of an image that is already at the destination, 0 to 1. */
  readonly overlap: number;
  readonly blobs: number;
  readonly destinations: number;
}

export interface CostItem {
  readonly name: string;
  readonly dollars: number;
  readonly because: string;
}

/** Assumptions about a copy: its fixed time and its throughput. Measured with the local stack and rounded up. */
const COPY = { secondsWithoutBytes: 1.5, bytesPerSecond: 60e6 } as const;
/** Reads and writes of the table per copy (tag, circuit, rate and receipt), and of each kind per blob. */
const TABLE = { readsPerCopy: 8, writesPerCopy: 6, perBlob: 2 } as const;
const LOG_BYTES_PER_COPY = 6_000;
const METRICS_PER_DESTINATION = 16;
const ALARMS = { perStack: 6, perDestination: 10 } as const;
/** Minutes of a month. The probe runs every minute, the comparison every five. */
const MINUTES = 43_800;

/** The monthly cost by item. Egress costs the same with every tool: AWS charges for each byte that leaves it. */
export function estimate(workload: Workload) {
  const { images, megabytes, overlap, destinations } = workload;
  const copies = images * destinations;
  const bytes = copies * megabytes * 1e6 * (1 - overlap);
  const items = [
    {
      name: "egress",
      dollars: egressDollars(bytes),
      because: `${(bytes / 1e9).toFixed(1)} GB leave AWS for the internet`,
    },
    ...lambda(copies, bytes),
    ...storage(copies, workload),
    watching(destinations),
  ];
  const total = items.reduce((sum, { dollars }) => sum + dollars, 0);
  return {
    items,
    total,
    perThousandImages: images === 0 ? 0 : (total / images) * 1_000,
    perTerabyte: bytes === 0 ? undefined : total / (bytes / 1e12),
  };
}

function lambda(copies: number, bytes: number): CostItem[] {
  const seconds = copies * COPY.secondsWithoutBytes + bytes / COPY.bytesPerSecond;
  const running = runningDollars(seconds, COPY_MEMORY_MEGABYTES);
  // Fan-out, probe and comparison: 256 MB and 0.25 s each.
  const scheduled = runningDollars((copies + MINUTES * 1.2) * 0.25, 256);
  const requests = (2 * copies + MINUTES * 1.2) * PRICES.lambdaRequest;
  return [
    {
      name: "Lambda",
      dollars: running + scheduled + requests,
      because: `${Math.round(seconds).toLocaleString("en")} s of copying at ${(COPY_MEMORY_MEGABYTES / 1_024).toFixed(2)} GB, and the scheduled functions`,
    },
  ];
}

function storage(copies: number, { blobs }: Workload): CostItem[] {
  const reads = copies * (TABLE.readsPerCopy + blobs * TABLE.perBlob) + MINUTES * 2;
  const writes = copies * (TABLE.writesPerCopy + blobs * TABLE.perBlob);
  // Empty queues are polled too: 5 pollers with long polls of 20 s, for each of two queues.
  const polls = ((MINUTES * 60) / 20) * 5 * 2;
  return [
    {
      name: "DynamoDB",
      dollars: reads * PRICES.dynamoRead + writes * PRICES.dynamoWrite,
      because: `${Math.round(reads).toLocaleString("en")} reads, ${Math.round(writes).toLocaleString("en")} writes`,
    },
    {
      name: "SQS",
      dollars: (copies * 3 + polls) * PRICES.sqsRequest,
      because: "messages, and polls of empty queues",
    },
    {
      name: "logs",
      dollars: ((copies * LOG_BYTES_PER_COPY) / 1e9) * PRICES.logsGigabyte,
      because: `${LOG_BYTES_PER_COPY / 1_000} kB a copy`,
    },
  ];
}

function watching(destinations: number): CostItem {
  const metrics = 6 + METRICS_PER_DESTINATION * destinations;
  const alarms = ALARMS.perStack + ALARMS.perDestination * destinations;
  return {
    name: "CloudWatch",
    dollars: metrics * PRICES.metricMonth + alarms * PRICES.alarmMonth + PRICES.dashboardMonth,
    because: `${metrics} metrics, ${alarms} alarms, one dashboard`,
  };
}
