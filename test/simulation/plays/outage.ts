import { configurationOf, createCloud } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage } from "../cloud/registry.ts";
import { scheduleProbe } from "../cloud/scheduled-functions.ts";
import { seeded } from "../../fixtures/seeded.ts";
import { CALM, createWorld } from "../world/world.ts";

export interface OutageOptions {
  readonly tags: number;
  readonly containers: number;
  readonly outageMs: number;
}

/** The effects of an outage. Times are milliseconds since the beginning. */
export interface OutageReport {
  readonly deadLetters: number;
  readonly differing: number;
  /** Requests during the outage, after every copy has learned that the circuit is open. */
  readonly probes: readonly number[];
  /** Requests after the outage. */
  readonly requests: readonly number[];
  /** When the last tag had been put. */
  readonly convergedAt: number;
  readonly deliveries: number;
}

/**
 * Time until no copy sends requests under a closed circuit any more, in milliseconds: a container caches the state of the circuit, and
 * admitted copies wait for their slot of the rate and send each request up to three times.
 */
const UNDER_WAY_MS = 30_000;
const PUSHED_WITHIN = 300_000;
const REPOSITORIES = ["app", "web"];
const AFTERWARDS = 2 * 3_600_000;

/** Pushes tags to a target that is unreachable at first, and ends the outage after `outageMs`. */
export async function playOutage({ tags, containers, outageMs }: OutageOptions): Promise<OutageReport> {
  const random = seeded(1);
  const world = createWorld(random, { odds: CALM, faultsEnd: 0, isTraced: false });
  world.outages.push({ service: "gar", from: 0, until: outageMs, kind: "unreachable" });
  const configuration = configurationOf("gar");
  const deployment = { concurrency: containers, limitMs: 900_000, uploadMs: 100 };
  const cloud = createCloud(world, { configuration, deployment, isLenient: false });
  // Failures of one repository do not open the circuit of a destination: an outage affects several.
  const repositories = REPOSITORIES.map((name) => ({
    name,
    source: cloud.source.repository(name),
    target: cloud.places.get("gar")?.registry.repository(`p/r/${name}`),
  }));
  const { time } = world;
  const requests: number[] = [];
  const probes: number[] = [];
  let openedAt = Infinity;
  let convergedAt = 0;
  let deliveries = 0;
  cloud.onTag = () => void (convergedAt = time.passed());
  cloud.onRequest = (service) => {
    if (service !== "gar") return;
    if (cloud.circuits.get("gar")?.record.state === "open") openedAt = Math.min(openedAt, time.passed());
    if (time.passed() >= outageMs) requests.push(time.passed());
    else if (time.passed() > openedAt + UNDER_WAY_MS) probes.push(time.passed());
  };
  startCopyFunction(cloud, () => void deliveries++);
  scheduleProbe(cloud, outageMs + AFTERWARDS);
  const deliver = createFanOutFunction(cloud);
  for (let index = 0; index < tags; index++) {
    time.after((PUSHED_WITHIN * index) / tags, () => {
      const tag = `v${index}`;
      const { name, source } = repositories[index % repositories.length]!;
      const { digest } = addImage(source, ["layer base", `own ${index}`]);
      source.tags.set(tag, digest);
      deliver({ id: `e-${index}`, repository: name, tag, digest, at: time.now() });
    });
  }
  await time.run(outageMs + AFTERWARDS);
  const differing = repositories.flatMap(({ source, target }) =>
    [...source.tags].filter(([tag, digest]) => target?.tags.get(tag) !== digest),
  ).length;
  return { deadLetters: cloud.dead.length, differing, probes, requests, convergedAt, deliveries };
}
