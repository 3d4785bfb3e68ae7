/** AWS's list prices in us-east-1, in dollars, without free tiers (docs/operate/cost.md). */
export const PRICES = {
  asOf: "2026",
  lambdaGigabyteSecond: 0.0000133334,
  lambdaRequest: 0.2e-6,
  sqsRequest: 0.4e-6,
  dynamoWrite: 0.625e-6,
  dynamoRead: 0.125e-6,
  /** Data transfer out to the internet, per GB of 10^9 bytes: the first 10 TB a month. */
  egressGigabyte: 0.09,
  /** AWS CodeBuild, arm1.small (2 vCPUs, 4 GB); minutes are rounded up. */
  buildMinute: 0.0034,
  logsGigabyte: 0.5,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
} as const;

/** The price of bytes sent from AWS to the internet. */
export function egressDollars(bytes: number): number {
  return (bytes / 1e9) * PRICES.egressGigabyte;
}

/** The price of a function's duration, without its invocation. */
export function runningDollars(seconds: number, memoryMegabytes: number): number {
  return seconds * (memoryMegabytes / 1_024) * PRICES.lambdaGigabyteSecond;
}

/** The estimated price of one delivery: the time of the function or build, and the bytes sent to the internet. */
export function deliveryDollars(measured: {
  readonly milliseconds: number;
  /** Memory of the function; `build` for a CodeBuild build. */
  readonly memoryMegabytes: number | "build";
  readonly bytesSent: number;
}): number {
  const { milliseconds, memoryMegabytes, bytesSent } = measured;
  const egress = egressDollars(bytesSent);
  if (memoryMegabytes === "build") return (milliseconds / 60_000) * PRICES.buildMinute + egress;
  return runningDollars(milliseconds / 1_000, memoryMegabytes) + PRICES.lambdaRequest + egress;
}
