import { createHash } from "node:crypto";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { createCloud } from "./cloud.ts";
import type { Cloud } from "./cloud.ts";
import { startCopyFunction } from "./copy-function.ts";
import { createFanOutFunction } from "./fan-out-function.ts";
import type { PushEvent } from "./fan-out-function.ts";
import { addImage, addIndex, collectGarbage, missingUnder } from "./registry.ts";
import { scheduleProbe, scheduleReconcile } from "./scheduled-functions.ts";
import { seeded } from "../faults/seeded.ts";
import { createWorld } from "./world.ts";
import type { Odds, Outage, World } from "./world.ts";

/** What became of one seed. */
export interface Simulated {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  /** Equal for equal traces. */
  readonly hash: string;
}

const MINUTE = 60_000;
/** Pushes happen until then, faults until the second; by the third all whose events came must be well, by the last all. */
const PUSHES_END = 1.5 * MINUTE;
const FAULTS_END = 4 * MINUTE;
const EVENTS_SUFFICE_AT = 60 * MINUTE;
const END = 120 * MINUTE;
const TAGS = ["v1", "v2"];

const KINDS = [
  "lostRequest",
  "lostAnswer",
  "lateEffect",
  "slow",
  "crash",
  "freeze",
] as const satisfies readonly (keyof Odds)[];

/** Some seeds are calm, some are terrible, and in some one thing goes wrong again and again. */
function drawOdds(random: () => number): Odds {
  const most = [0, 0.02, 0.05, 0.1][Math.floor(random() * 4)] ?? 0;
  const odds = {
    lostRequest: random() * most,
    lostAnswer: random() * most,
    lateEffect: random() * most,
    slow: random() * most * 2,
    crash: random() * most,
    freeze: random() * most * 0.3,
  };
  const often = KINDS[Math.floor(random() * KINDS.length * 2)];
  return often === undefined ? odds : { ...odds, [often]: 0.1 + random() * 0.2 };
}

/** In some seeds, a service is away for a while. */
function drawOutages(random: () => number): Outage[] {
  const service = (["target", "table", "queue", "source"] as const)[Math.floor(random() * 12)];
  if (service === undefined) return [];
  const from = random() * PUSHES_END;
  return [{ service, from, until: Math.min(from + 10_000 + random() * 2 * MINUTE, FAULTS_END) }];
}

/** What happened at the source, and what of it was told. */
interface History {
  /** Per tag: every digest it has named, in order. */
  readonly pushes: ReadonlyMap<string, Digest[]>;
  /** Tags whose newest push nobody was told of. */
  readonly unheard: Set<string>;
  /** Events that were delivered. */
  readonly heard: PushEvent[];
}

/** Plays one seed: pushes to two tags while everything that can go wrong does, then looks whether all is as it must be. */
export async function simulate(seed: number): Promise<Simulated> {
  const random = seeded(seed);
  const world = createWorld(random, { odds: drawOdds(random), faultsEnd: FAULTS_END });
  world.outages.push(...drawOutages(random));
  // A lenient target shows what a strict one would refuse, but may not collect: then no order would be right.
  const isLenient = random() < 0.4;
  const cloud = createCloud(world, { concurrency: 3, limitMs: 2 * MINUTE, uploadMs: 5_000 }, isLenient);
  const history: History = { pushes: new Map(TAGS.map((tag) => [tag, []])), unheard: new Set(), heard: [] };
  cloud.onTag = createTagGuard(world, history, cloud);
  startCopyFunction(cloud);
  schedulePushes(cloud, history);
  if (!isLenient) scheduleGarbage(cloud);
  scheduleProbe(cloud, EVENTS_SUFFICE_AT / 2);
  const comparesEarly = random() < 0.2;
  scheduleReconcile(cloud, comparesEarly ? 0 : EVENTS_SUFFICE_AT + MINUTE, END);
  world.time.after(EVENTS_SUFFICE_AT, () => checkTags(cloud, (tag) => !history.unheard.has(tag)));
  await world.time.run(END, () => undefined);
  checkTheEnd(cloud, history);
  const hash = createHash("sha256").update(world.trace.join("\n")).digest("hex").slice(0, 16);
  return { seed, violations: world.violations, trace: world.trace, hash };
}

/** Looks at every tag the target is given: whole (I1), and never older than the one before (I3). */
function createTagGuard(world: World, { pushes }: History, cloud: Cloud): Cloud["onTag"] {
  const newest = new Map<string, number>();
  return (tag, digest) => {
    const missing = missingUnder(cloud.target, digest);
    if (missing.length > 0) world.violate("I1", `${tag} is put without ${missing.join(", ")}`);
    const order = pushes.get(tag)?.lastIndexOf(digest) ?? -1;
    const before = newest.get(tag) ?? -1;
    if (order < before) world.violate("I3", `${tag} goes back from push ${before} to push ${order}`);
    newest.set(tag, Math.max(order, before));
  };
}

/** Pushes images that share layers; their events may be lost, doubled, late and out of order. */
function schedulePushes(cloud: Cloud, history: History): void {
  const { world, source } = cloud;
  const { time, random } = world;
  const deliver = createFanOutFunction(cloud);
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
        source.pushedAt.set(digest, time.now());
        history.pushes.get(tag)?.push(digest);
        world.note(`push ${push} of ${tag}: ${digest.slice(7, 13)}`);
        announce({ id: `e-${tag}-${push}`, tag, digest, at: time.now() });
      });
    }
  }

  function announce(event: PushEvent): void {
    const { slow, lostRequest } = world.odds();
    if (random() < lostRequest) {
      history.unheard.add(event.tag);
      return world.note(`the event ${event.id} is lost`);
    }
    history.unheard.delete(event.tag);
    history.heard.push(event);
    const copies = random() < slow ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      time.after(random() * (random() < slow ? 30_000 : 1_000), () => deliver(event));
    }
  }
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

/** Every tag of those is as at the source (I2). */
function checkTags({ world, source, target }: Cloud, isExpected: (tag: string) => boolean): void {
  for (const [tag, digest] of source.tags) {
    const found = target.tags.get(tag);
    if (isExpected(tag) && found !== digest) {
      world.violate("I2", `${tag} is ${found ?? "absent"}, at the source ${digest}`);
    }
  }
}

/** In the end every tag is as at the source, no message is left, every event has its one end, and none was buried (I2, I5, I9). */
function checkTheEnd(cloud: Cloud, { heard }: History): void {
  const { world, target, queue, dead, receipts } = cloud;
  checkTags(cloud, () => true);
  for (const [tag, digest] of target.tags) {
    if (missingUnder(target, digest).length > 0) world.violate("I1", `${tag} is incomplete in the end`);
  }
  for (const { id, tag } of heard) {
    const ends = [...receipts.values()].filter((receipt) => receipt.id === id && receipt.reference === tag);
    if (ends.length !== 1) world.violate("I5", `${id} has ${ends.length} receipts`);
  }
  if (queue.size() > 0) world.violate("I5", `${queue.size()} messages are left`);
  if (dead.length > 0) world.violate("I9", `buried without a cause of its own: ${dead.join(", ")}`);
}
