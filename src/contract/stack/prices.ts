/** AWS's list prices in us-east-1, dollars, without free tiers; docs/operate/cost.md says what they are for. */
export const PRICES = {
  asOf: "2026",
  lambdaGigabyteSecond: 0.0000133334,
  lambdaRequest: 0.2e-6,
  sqsRequest: 0.4e-6,
  dynamoWrite: 0.625e-6,
  dynamoRead: 0.125e-6,
  /** Data transfer out to the internet, per GB of 10^9 bytes: the first 10 TB a month. */
  egressGigabyte: 0.09,
  /** AWS CodeBuild, arm1.small (2 vCPUs, 4 GB); a minute begun is a minute. */
  buildMinute: 0.0034,
  logsGigabyte: 0.5,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
} as const;

/** Bytes that leave AWS for the internet. */
export function egressDollars(bytes: number): number {
  return (bytes / 1e9) * PRICES.egressGigabyte;
}

/** A function that runs, without the price of its being called. */
export function runningDollars(seconds: number, memoryMegabytes: number): number {
  return seconds * (memoryMegabytes / 1_024) * PRICES.lambdaGigabyteSecond;
}

/** What one delivery of a message cost, by what was measured: the function's or build's time, and the bytes that left AWS. */
export function deliveryDollars(measured: {
  readonly milliseconds: number;
  /** Of the function; `build` where a CodeBuild ran. */
  readonly memoryMegabytes: number | "build";
  readonly bytesSent: number;
}): number {
  const { milliseconds, memoryMegabytes, bytesSent } = measured;
  const egress = egressDollars(bytesSent);
  if (memoryMegabytes === "build") return (milliseconds / 60_000) * PRICES.buildMinute + egress;
  return runningDollars(milliseconds / 1_000, memoryMegabytes) + PRICES.lambdaRequest + egress;
}
