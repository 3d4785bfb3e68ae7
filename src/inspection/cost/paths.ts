/** A way from AWS to Google Cloud, and what bytes cost on it. Prices of us-east-1, in dollars, for each GB of 10^9 bytes. */
export interface NetworkPath {
  readonly name: "internet" | "nat" | "interconnect";
  readonly title: string;
  /** When and where the price was read. */
  readonly source: string;
  /** What so many bytes of one month cost. */
  readonly dollars: (bytes: number) => number;
  /** What it costs for each month that it stands, without any byte. */
  readonly monthly: number;
  /** The most bytes a second; undefined: not limited by the path. */
  readonly bytesPerSecond: number | undefined;
  /** The regions of AWS that have it; undefined: all. */
  readonly regions: readonly string[] | undefined;
}

const GB = 1e9;
const TB = 1e12;
const MONTH_HOURS = 730;

/** Data transfer out to the internet: the first 10 TB of a month, the next 40, the next 100, and what is beyond. */
const TIERS: readonly (readonly [bytes: number, perGigabyte: number])[] = [
  [10 * TB, 0.09],
  [40 * TB, 0.085],
  [100 * TB, 0.07],
  [Number.POSITIVE_INFINITY, 0.05],
];
/** A NAT gateway: for each GB that it processes, and for each hour. */
const NAT = { gigabyte: 0.045, hour: 0.045 } as const;
/** The free size of AWS Interconnect - multicloud, one for each region, since 29 May 2026. */
const FREE_INTERCONNECT_BITS = 500e6;

function internetDollars(bytes: number): number {
  let [left, dollars] = [bytes, 0];
  for (const [size, perGigabyte] of TIERS) {
    const part = Math.min(left, size);
    dollars += (part / GB) * perGigabyte;
    left -= part;
  }
  return dollars;
}

export const PATHS: readonly NetworkPath[] = [
  {
    name: "internet",
    title: "the internet",
    source: "AWS, EC2 on-demand pricing, data transfer out, 2026",
    dollars: internetDollars,
    monthly: 0,
    bytesPerSecond: undefined,
    regions: undefined,
  },
  {
    name: "nat",
    title: "a NAT gateway",
    source: "AWS, VPC pricing, NAT gateway, 2026, and data transfer out",
    dollars: (bytes) => internetDollars(bytes) + (bytes / GB) * NAT.gigabyte,
    monthly: NAT.hour * MONTH_HOURS,
    bytesPerSecond: undefined,
    regions: undefined,
  },
  {
    name: "interconnect",
    title: "AWS Interconnect",
    source:
      "AWS Interconnect user guide, pricing and regions: no price for data, 500 Mbit/s free in each region since 2026-05-29",
    dollars: () => 0,
    monthly: 0,
    bytesPerSecond: FREE_INTERCONNECT_BITS / 8,
    regions: ["us-east-1", "us-west-1", "us-west-2", "eu-west-2", "eu-central-1", "ap-southeast-1"],
  },
];

/** The paths that a region has. */
export function pathsOf(region: string): NetworkPath[] {
  return PATHS.filter(({ regions }) => regions?.includes(region) !== false);
}

/** Bytes that go by a path, in whole: its own price, and what another one would save. */
export interface PathCost {
  readonly path: NetworkPath;
  readonly dollars: number;
  /** Dollars that it costs less than the path that was asked for; negative: more. */
  readonly saves: number;
}

/** What so many bytes cost on each path of a region, the one that is used first. @param used the path that bytes take now. */
export function comparePaths(bytes: number, region: string, used: NetworkPath["name"]): PathCost[] {
  const paths = pathsOf(region);
  const own = paths.find(({ name }) => name === used) ?? PATHS[0];
  const now = own?.dollars(bytes) ?? 0;
  return paths
    .map((path) => ({ path, dollars: path.dollars(bytes), saves: now - path.dollars(bytes) }))
    .toSorted((a, b) => Number(b.path.name === used) - Number(a.path.name === used));
}
