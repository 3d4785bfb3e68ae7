/** AWS's list prices in us-east-1, dollars, without free tiers; docs/cost.md says what they are for. */
export const PRICES = {
  asOf: "2026",
  lambdaGigabyteSecond: 0.0000133334,
  lambdaRequest: 0.2e-6,
  sqsRequest: 0.4e-6,
  dynamoWrite: 0.625e-6,
  dynamoRead: 0.125e-6,
  /** Data transfer out to the internet, per GB of 10^9 bytes: the first 10 TB a month. */
  egressGigabyte: 0.09,
  logsGigabyte: 0.5,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
} as const;

/** What one delivery of a message cost, by what was measured: the function's time, and the bytes that left AWS. */
export function deliveryDollars(measured: {
  readonly milliseconds: number;
  readonly memoryMegabytes: number;
  readonly bytesUploaded: number;
}): number {
  const gigabyteSeconds = (measured.milliseconds / 1_000) * (measured.memoryMegabytes / 1_024);
  const running = gigabyteSeconds * PRICES.lambdaGigabyteSecond + PRICES.lambdaRequest;
  return running + (measured.bytesUploaded / 1e9) * PRICES.egressGigabyte;
}
