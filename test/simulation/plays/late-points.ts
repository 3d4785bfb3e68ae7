import { seeded } from "../../fixtures/seeded.ts";
import { configurationOf, createCloud } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage } from "../cloud/registry.ts";
import { CALM, createWorld } from "../world/world.ts";

/** This call of the first copy takes effect up to 30 s after its client gave up, or the process freezes before it. */
export interface LatePoint {
  readonly call: number;
  readonly fate: "freeze" | "late";
  /** Decides the delay, and when the newer image is pushed. */
  readonly seed: number;
}

/** A first copy makes fewer calls. */
const CALLS = 60;
const SEEDS = 10;
/** Each call of a copy, frozen and late, with several seeds. */
export const LATE_POINTS: readonly LatePoint[] = (["freeze", "late"] as const).flatMap((fate) =>
  Array.from({ length: CALLS * SEEDS }, (_, index) => ({ fate, call: Math.floor(index / SEEDS), seed: index % SEEDS })),
);
const END = 1_800_000;
const configuration = configurationOf("gar");
const deployment = { concurrency: 2, limitMs: 900_000, uploadMs: 10 };

/** Copies an image, and pushes a newer one meanwhile. @returns the problems of its tag. */
export async function playLate({ call, fate, seed }: LatePoint): Promise<string[]> {
  const random = seeded(seed);
  const decide = (process: string, number: number): "freeze" | "late" | undefined =>
    process === "copy-0" && number === call ? fate : undefined;
  const world = createWorld(random, { odds: CALM, faultsEnd: 0, isTraced: false, decide });
  const cloud = createCloud(world, { configuration, deployment, isLenient: false });
  const source = cloud.source.repository("app");
  const pushes: string[] = [];
  const problems: string[] = [];
  let newest = -1;
  cloud.onTag = (_destination, _repository, _tag, digest) => {
    const order = pushes.indexOf(digest);
    if (order < newest) problems.push("I3: the tag goes back");
    newest = Math.max(newest, order);
  };
  startCopyFunction(cloud);
  const deliver = createFanOutFunction(cloud);
  for (const [index, at] of [0, 2_000 + random() * 25_000].entries()) {
    world.time.after(at, () => {
      const { digest } = addImage(source, ["layer", `own ${index}`]);
      source.tags.set("v1", digest);
      pushes.push(digest);
      deliver({ id: `e-${index}`, repository: "app", tag: "v1", digest, at: world.time.now() });
    });
  }
  await world.time.run(END);
  const found = cloud.places.get("gar")?.registry.repository("p/r/app").tags.get("v1");
  if (found !== pushes.at(-1)) problems.push("I2: the tag is not the newest in the end");
  return [...problems, ...world.violations];
}
