import { createHash } from "node:crypto";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { TagRecord } from "../../src/replication/tag-record.ts";
import type { Checkpoint } from "../../src/replication/checkpoint.ts";
import { startCopyFunction } from "./functions.ts";
import type { Cloud } from "./functions.ts";
import { createQueue } from "./queue.ts";
import { addImage, addIndex, collectGarbage, createRepository, missingUnder } from "./registry.ts";
import { createWorld } from "./world.ts";
import type { Odds, World } from "./world.ts";

/** What became of one seed. */
export interface Simulated {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  /** Equal for equal traces. */
  readonly hash: string;
}

/** Pushes happen until then, faults until the second, and by the third everything must be well. */
const PUSHES_END = 90_000;
const FAULTS_END = 240_000;
const END = 4 * 3_600_000;
const TAGS = ["v1", "v2"];

/** A generator of numbers in [0, 1) that a seed decides (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const KINDS = ["lostRequest", "lostAnswer", "lateEffect", "slow", "crash"] as const satisfies readonly (keyof Odds)[];

/** Some seeds are calm, some are terrible, and in some one thing goes wrong again and again. */
function drawOdds(random: () => number): Odds {
  const most = [0, 0.02, 0.05, 0.1][Math.floor(random() * 4)] ?? 0;
  const odds = {
    lostRequest: random() * most,
    lostAnswer: random() * most,
    lateEffect: random() * most,
    slow: random() * most * 2,
    crash: random() * most,
  };
  const often = KINDS[Math.floor(random() * KINDS.length * 2)];
  return often === undefined ? odds : { ...odds, [often]: 0.1 + random() * 0.2 };
}

/** Plays one seed: pushes to two tags while everything that can go wrong does, then looks whether all is as it must be. */
export async function simulate(seed: number): Promise<Simulated> {
  const random = seeded(seed);
  const world = createWorld(random, drawOdds(random), FAULTS_END);
  const history = new Map<string, Digest[]>(TAGS.map((tag) => [tag, []]));
  const cloud: Cloud = {
    world,
    queue: createQueue(world),
    source: createRepository(),
    target: createRepository(),
    tags: new Map<string, { version: number; record: TagRecord }>(),
    checkpoints: new Map<string, { version: number; record: Checkpoint }>(),
    uploads: new Map(),
    dead: [],
    onTag: createTagGuard(world, history, () => cloud.target),
  };
  startCopyFunction(cloud);
  schedulePushes(cloud, history);
  scheduleGarbage(cloud);
  scheduleReconcile(cloud);
  await world.time.run(END, () => undefined);
  checkTheEnd(cloud);
  const hash = createHash("sha256").update(world.trace.join("\n")).digest("hex").slice(0, 16);
  return { seed, violations: world.violations, trace: world.trace, hash };
}

/** Looks at every tag the target is given: whole (I1), and never older than the one before (I3). */
function createTagGuard(world: World, history: ReadonlyMap<string, readonly Digest[]>, target: () => Cloud["target"]) {
  const newest = new Map<string, number>();
  return (tag: string, digest: Digest): void => {
    const missing = missingUnder(target(), digest);
    if (missing.length > 0) world.violate("I1", `${tag} is put without ${missing.join(", ")}`);
    const order = history.get(tag)?.lastIndexOf(digest) ?? -1;
    const before = newest.get(tag) ?? -1;
    if (order < before) world.violate("I3", `${tag} goes back from push ${before} to push ${order}`);
    newest.set(tag, Math.max(order, before));
  };
}

/** Pushes images that share layers; their events may be lost, doubled, late and out of order. */
function schedulePushes({ world, source, queue }: Cloud, history: ReadonlyMap<string, Digest[]>): void {
  const { time, random } = world;
  const layers = Array.from(
    { length: 6 },
    (_, index) => `layer ${index} ${"x".repeat(random() < 0.2 ? 1_200_000 : 100)}`,
  );
  const pick = (): string[] => layers.filter(() => random() < 0.5);
  const pushes = 1 + Math.floor(random() * 6);
  for (const tag of TAGS) {
    for (let push = 0; push < pushes; push++) {
      time.after(random() * PUSHES_END, () => {
        const image = (): Descriptor => addImage(source, [...pick(), `${tag} ${push} ${random()}`]);
        const { digest } = random() < 0.3 ? addIndex(source, [image(), image()]) : image();
        source.tags.set(tag, digest);
        history.get(tag)?.push(digest);
        world.note(`push ${push} of ${tag}: ${digest.slice(7, 13)}`);
        announce(tag);
      });
    }
  }

  function announce(tag: string): void {
    const { slow, lostRequest } = world.odds();
    if (random() < lostRequest) return world.note(`the event of ${tag} is lost`);
    const copies = random() < slow ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const pushedAt = time.now();
      time.after(random() * (random() < slow ? 30_000 : 1_000), () => queue.send(messageOf(tag, pushedAt)));
    }
  }
}

function messageOf(reference: string, pushedAt: number): string {
  return JSON.stringify({
    version: 1,
    id: `e-${pushedAt}`,
    destination: "gar",
    repository: "app",
    reference,
    pushedAt,
  });
}

/** Blobs that no manifest points to yet disappear now and then, whatever the target has said of them. */
function scheduleGarbage({ world, target }: Cloud): void {
  const { time, random } = world;
  if (random() > 0.3) return;
  for (let at = 10_000; at < FAULTS_END; at += 20_000 * random() + 5_000) {
    time.after(at, () => {
      const collected = collectGarbage(target);
      if (collected > 0) world.note(`the target collects ${collected} blobs`);
    });
  }
}

/** What a comparison of both sides finds, it asks for: events that were lost are made good. */
function scheduleReconcile({ world, source, target, queue }: Cloud): void {
  for (const at of [FAULTS_END + 60_000, FAULTS_END + 1_800_000]) {
    world.time.after(at, () => {
      for (const [tag, digest] of source.tags) {
        if (target.tags.get(tag) !== digest) queue.send(messageOf(tag, world.time.now()));
      }
    });
  }
}

/** In the end every tag is as at the source, no message is left, and none was buried (I2, I5, I9). */
function checkTheEnd({ world, source, target, queue, dead }: Cloud): void {
  for (const [tag, digest] of source.tags) {
    const found = target.tags.get(tag);
    if (found !== digest) world.violate("I2", `${tag} is ${found ?? "absent"}, at the source ${digest}`);
    if (found !== undefined && missingUnder(target, found).length > 0)
      world.violate("I1", `${tag} is incomplete in the end`);
  }
  if (queue.size() > 0) world.violate("I5", `${queue.size()} messages are left`);
  if (dead.length > 0) world.violate("I9", `buried without a cause of its own: ${dead.join(", ")}`);
}
