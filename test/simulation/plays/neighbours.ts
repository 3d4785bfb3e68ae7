import { seeded } from "../../fixtures/seeded.ts";
import { configurationOf, createCloud } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage } from "../cloud/registry.ts";
import { scheduleProbe } from "../cloud/scheduled-functions.ts";
import { CALM, createWorld } from "../world/world.ts";
import type { Outage } from "../world/world.ts";

const MINUTE_MS = 60_000;
const PUSHED_WITHIN = 10 * MINUTE_MS;
const END = 30 * MINUTE_MS;
const TAGS = 300;
const configuration = configurationOf("gar", "hub", "hub2", "hub3");
const deployment = { concurrency: 10, limitMs: 15 * MINUTE_MS, uploadMs: 200 };

/**
 * Pushes tags to four destinations, three of which may have an outage.
 * @returns the mean lag of the healthy one, in milliseconds, and the number of its tags.
 */
export async function playNeighbours(
  kinds: readonly Outage["kind"][],
): Promise<{ meanLagMs: number; arrived: number }> {
  const world = createWorld(seeded(1), { odds: CALM, faultsEnd: 0, isTraced: false });
  const names = ["hub", "hub2", "hub3"] as const;
  for (const [index, service] of names.entries()) {
    const kind = kinds[index];
    if (kind !== undefined) world.outages.push({ service, from: 0, until: END, kind });
  }
  const cloud = createCloud(world, { configuration, deployment, isLenient: false });
  const source = cloud.source.repository("app");
  const { time } = world;
  const pushedAt = new Map<string, number>();
  const lags: number[] = [];
  cloud.onTag = (destination, _repository, tag) => {
    const at = pushedAt.get(tag);
    if (destination === "gar" && at !== undefined) lags.push(time.now() - at);
  };
  startCopyFunction(cloud);
  scheduleProbe(cloud, END);
  const deliver = createFanOutFunction(cloud);
  for (let index = 0; index < TAGS; index++) {
    time.after((PUSHED_WITHIN * index) / TAGS, () => {
      const tag = `v${index}`;
      const { digest } = addImage(source, ["layer base", `own ${index}`]);
      source.tags.set(tag, digest);
      pushedAt.set(tag, time.now());
      deliver({ id: `e-${index}`, repository: "app", tag, digest, at: time.now() });
    });
  }
  await time.run(END);
  return { meanLagMs: lags.reduce((sum, lag) => sum + lag, 0) / lags.length, arrived: lags.length };
}
