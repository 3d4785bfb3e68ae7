import { createCloud } from "./cloud.ts";
import { startCopyFunction } from "./copy-function.ts";
import { createFanOutFunction } from "./fan-out-function.ts";
import { addImage } from "./registry.ts";
import { scheduleProbe } from "./scheduled-functions.ts";
import { seeded } from "../faults/seeded.ts";
import { CALM, createWorld } from "./world.ts";

export interface OutageOptions {
  readonly tags: number;
  readonly containers: number;
  readonly outageMs: number;
}

/** What an outage did, and how it ended. Times are milliseconds since the beginning. */
export interface OutageReport {
  readonly deadLetters: number;
  readonly differing: number;
  /** Requests that met the target while it was away, from the moment at which every container knew that its circuit is open. */
  readonly probes: readonly number[];
  /** Every request that reached the target after it was back. */
  readonly requests: readonly number[];
  /** When the last tag had been put. */
  readonly convergedAt: number;
  readonly deliveries: number;
}

/** A container believes a circuit to be closed for so long after it looked. */
const BELIEVED_MS = 5_000;
const PUSHED_WITHIN = 300_000;
const AFTERWARDS = 2 * 3_600_000;

/** Pushes tags to a target that is away from the beginning, and lets it come back. */
export async function playOutage({ tags, containers, outageMs }: OutageOptions): Promise<OutageReport> {
  const random = seeded(1);
  const world = createWorld(random, { odds: CALM, faultsEnd: 0, isTraced: false });
  world.outages.push({ service: "target", from: 0, until: outageMs });
  const cloud = createCloud(world, { concurrency: containers, limitMs: 900_000, uploadMs: 100 }, false);
  const { time } = world;
  const requests: number[] = [];
  const early: number[] = [];
  let openedAt = Infinity;
  let convergedAt = 0;
  let deliveries = 0;
  cloud.onTag = () => void (convergedAt = time.now());
  cloud.onTargetRequest = () => {
    if (cloud.circuits.get("gar")?.record.state === "open") openedAt = Math.min(openedAt, time.now());
    if (time.now() >= outageMs) requests.push(time.now());
    else if (time.now() > openedAt + BELIEVED_MS) early.push(time.now());
  };
  startCopyFunction(cloud, () => void deliveries++);
  const probe = scheduleProbe(cloud, outageMs + AFTERWARDS);
  const deliver = createFanOutFunction(cloud);
  for (let index = 0; index < tags; index++) {
    time.after((PUSHED_WITHIN * index) / tags, () => {
      const tag = `v${index}`;
      const { digest } = addImage(cloud.source, ["layer base", `own ${index}`]);
      cloud.source.tags.set(tag, digest);
      deliver({ id: `e-${index}`, tag, digest, at: time.now() });
    });
  }
  await time.run(outageMs + AFTERWARDS, () => undefined);
  const differing = [...cloud.source.tags].filter(([tag, digest]) => cloud.target.tags.get(tag) !== digest).length;
  const probes = [...early, ...probe.probes.filter((at) => at < outageMs)].toSorted((a, b) => a - b);
  return { deadLetters: cloud.dead.length, differing, probes, requests, convergedAt, deliveries };
}
