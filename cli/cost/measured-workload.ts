import { concurrently } from "../../src/async/run-concurrently.ts";
import { sizesOf } from "../../src/replication/backfill/backfill-policy.ts";
import { targetsOf } from "../../src/replication/reconcile/repository-targets.ts";
import { rulesOf } from "../../src/replication/rules/evaluate-rules.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { openPlan } from "../plan/open-plan.ts";
import type { OpenedPlan, RawPlacesOptions } from "../plan/open-plan.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Workload } from "../../src/inspection/cost/cost-model.ts";

/** What the source's listings say about a month. */
export type Measured = Pick<Workload, "images" | "megabytes" | "destinations"> & {
  /** The region that bytes leave. */
  readonly region: string;
};

const DAYS = 30;
const DAY_MS = 24 * 3_600_000;
const CONCURRENT_REPOSITORIES = 8;

/**
 * Reads the source of a configuration: the images of the last 30 days that its rules select, for each destination, and their mean size. Only listings are
 * read, so it is not known how much of an image is at its destination already.
 */
export async function measureWorkload(
  given: RawPlacesOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Measured> {
  await using opened = await openPlan(given, terminal, signal);
  const { configuration, sides } = opened.context;
  const all = await sides.catalog.repositories(signal);
  const selected = all.filter((name) => rulesOf(name, configuration.rules).length > 0);
  const measure = (name: RepositoryName, working: AbortSignal) => measureRepository(name, opened, working);
  const found = await concurrently(selected, CONCURRENT_REPOSITORIES, measure, signal);
  const sum = (field: "copies" | "bytes" | "timeless"): number => found.reduce((total, each) => total + each[field], 0);
  const [copies, bytes] = [sum("copies"), sum("bytes")];
  if (copies === 0 && sum("timeless") > 0) {
    throw new UsageError("the source does not say when its images were pushed; give --images and --megabytes instead", {
      command: "cost",
    });
  }
  const destinations = configuration.destinations.length;
  return {
    images: copies / destinations,
    megabytes: copies === 0 ? 0 : bytes / copies / 1e6,
    destinations,
    region: configuration.source.region,
  };
}

async function measureRepository(
  repository: RepositoryName,
  { context: { configuration, sides, now } }: Pick<OpenedPlan, "context">,
  signal: AbortSignal,
): Promise<{ readonly copies: number; readonly bytes: number; readonly timeless: number }> {
  const images = await Array.fromAsync(sides.catalog.tags(repository, signal));
  const tagged = images.filter(({ tag }) => tag !== undefined);
  const recent = tagged.filter(({ pushedAt }) => pushedAt > now() - DAYS * DAY_MS);
  const sizeOf = sizesOf(images);
  let [copies, bytes] = [0, 0];
  for (const place of targetsOf(repository, { configuration, ...sides, now })) {
    const { wants } = place.select(images);
    for (const image of recent.filter(wants)) {
      copies++;
      bytes += sizeOf(image);
    }
  }
  return { copies, bytes, timeless: tagged.filter(({ pushedAt }) => pushedAt === 0).length };
}
