import { configurationOf, createCloud } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage } from "../cloud/registry.ts";
import { scheduleProbe } from "../cloud/scheduled-functions.ts";
import { seeded } from "../../fixtures/seeded.ts";
import { CALM, createWorld } from "../world.ts";

export interface OutageOptions {
  readonly tags: number;
  readonly containers: number;
  readonly outageMs: number;
}

/** What an outage did, and how it ended. Times are milliseconds since the beginning. */
export interface OutageReport {
  readonly deadLetters: number;
  readonly differing: number;
  /** Requests that met the target while it was away, from the moment at which every copy knew that its circuit is open. */
  readonly probes: readonly number[];
  /** Every request that reached the target after it was back. */
  readonly requests: readonly number[];
  /** When the last tag had been put. */
  readonly convergedAt: number;
  readonly deliveries: number;
}

/**
 * A container believes a circuit to be closed for so long after it looked; copies that were admitted by then still wait for their turn,
 * and try each request of theirs three times. Milliseconds.
 */
const UNDER_WAY_MS = 30_000;
const PUSHED_WITHIN = 300_000;
const REPOSITORIES = ["app", "web"];
const AFTERWARDS = 2 * 3_600_000;

/** Pushes tags to a target that is away from the beginning, and lets it come back. */
export async function playOutage({ tags, containers, outageMs }: OutageOptions): Promise<OutageReport> {
  const random = seeded(1);
  const world = createWorld(random, { odds: CALM, faultsEnd: 0, isTraced: false });
  world.outages.push({ service: "gar", from: 0, until: outageMs, kind: "away" });
  const configuration = configurationOf("gar");
  const deployment = { concurrency: containers, limitMs: 900_000, uploadMs: 100 };
  const cloud = createCloud(world, { configuration, deployment, isLenient: false });
  // One repository that fails says nothing of the destination: an outage is of several.
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
