import type { Digest } from "../../../src/oci/digest.ts";
import { seeded } from "../../fixtures/seeded.ts";
import { configurationWith, createCloud } from "../cloud/cloud.ts";
import type { Cloud } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { addImage, createRegistry, missingUnder } from "../cloud/registry.ts";
import type { Registry, Repository } from "../cloud/registry.ts";
import { scheduleProbe, scheduleReconcile } from "../cloud/scheduled-functions.ts";
import type { Repairs } from "../cloud/scheduled-functions.ts";
import { createAnnouncer, createHistory } from "../pushes.ts";
import { drawOdds } from "../world/odds.ts";
import { createWorld } from "../world/world.ts";
import type { World } from "../world/world.ts";

const MINUTE_MS = 60_000;
const ACTS_END = 3 * MINUTE_MS;
const FAULTS_END = 4 * MINUTE_MS;
const COMPARED_FROM = 5 * MINUTE_MS;
/** Then one more tag is deleted, whose copies have all ended. */
const LAST_DELETE = 9 * MINUTE_MS;
/** A delete goes round by way of two registries, each after its grace period and a comparison. */
const QUIET_FROM = 50 * MINUTE_MS;
const END = 66 * MINUTE_MS;
/** Images that keep each other out of a tag meet after it has rested for so long: then each of them may go round. */
const RESTED_MS = 15 * MINUTE_MS;

const NAMES = ["A", "B", "C"] as const;
const TAGS = ["v1", "v2", "v3"] as const;
/** Pushes and deletes of one seed. */
export const RING_ACTS = 50;

const MIRROR = { mode: "mirror", graceHours: 0.25, maxRatioPerDay: 1, dryRun: false } as const;
/** What is deleted, and what the rules of all registries say about it. */
const DELETES = [
  { share: 0, deletes: "ignore" },
  { share: 0.25, deletes: MIRROR },
  { share: 0.25, deletes: "ignore" },
] as const;

interface Edge {
  readonly cloud: Cloud;
  readonly target: Repository;
  readonly announce: ReturnType<typeof createAnnouncer>;
  repairs: Repairs;
}

/** A push that has crossed an edge. */
interface Crossing {
  times: number;
  /** When it last did. */
  at: number;
  /** What copies have put in its place since. */
  readonly lostTo: Digest[];
}

interface Play {
  readonly world: World;
  /** The rules mirror deletes. */
  readonly mirrors: boolean;
  readonly repositories: readonly Repository[];
  /** `edges[i]` copies from registry `i` to the next one. */
  readonly edges: readonly Edge[];
  /** By registry and tag: what it named after the last move. */
  readonly named: Map<string, Digest>;
  /** By edge, tag and digest: the moves of the tag to it. */
  readonly crossed: Map<string, Crossing>;
  /** What the registry of a push had when it was pushed. */
  readonly knew: Map<Digest, ReadonlySet<Digest>>;
  /** By tag: when it was last deleted at some registry. */
  readonly deleted: Map<string, number>;
  /** By tag: when it was last pushed to some registry. */
  readonly pushed: Map<string, number>;
  /** The delete of a tag that has come to rest, where the rules mirror deletes. */
  last: { readonly at: number; readonly tag: string; readonly digest: Digest } | undefined;
  /** Moves of tags by copies. */
  moves: number;
  events: number;
}

/**
 * Plays one seed: three registries, each the source of the next, with stacks of their own, get pushes and deletes while everything fails that can
 * fail. @returns the promises that are broken.
 */
export async function playRing(
  seed: number,
  isTraced = false,
): Promise<{ violations: string[]; trace: string[]; moves: number }> {
  const random = seeded(seed);
  const world = createWorld(random, { odds: drawOdds(random), faultsEnd: FAULTS_END, isTraced });
  const { share, deletes } = DELETES[seed % DELETES.length] ?? DELETES[0];
  const configuration = configurationWith({ conflict: "converge", deletes }, "gar");
  const registries = NAMES.map(() => createRegistry(false));
  const edges = registries.map((source, from): Edge => {
    const target = registries[(from + 1) % registries.length] ?? source;
    const named: World = {
      ...world,
      note: (line) => world.note(() => `${NAMES[from]}: ${typeof line === "string" ? line : line()}`),
    };
    const cloud = createCloud(named, {
      configuration,
      deployment: { concurrency: 3, limitMs: 2 * MINUTE_MS, uploadMs: 1_000 },
      isLenient: false,
      registries: { source, target: withoutPrefix(target, "p/r/") },
    });
    const announce = createAnnouncer(cloud, createHistory());
    return { cloud, target: target.repository("app"), announce, repairs: { asked: 0, missed: 0, heldBack: 0 } };
  });
  const play: Play = {
    world,
    mirrors: deletes === MIRROR,
    repositories: registries.map((registry) => registry.repository("app")),
    edges,
    named: new Map(),
    crossed: new Map(),
    knew: new Map(),
    deleted: new Map(),
    pushed: new Map(),
    last: undefined,
    moves: 0,
    events: 0,
  };
  for (const [from, edge] of edges.entries()) {
    edge.cloud.onTag = (_destination, _repository, tag, digest) => cross(play, from, tag, digest);
    edge.cloud.onTagDeleted = (_destination, _repository, tag, digest) =>
      remove(play, (from + 1) % edges.length, tag, digest);
    startCopyFunction(edge.cloud);
    scheduleProbe(edge.cloud, COMPARED_FROM * 2);
    edge.repairs = scheduleReconcile(edge.cloud, COMPARED_FROM, END);
  }
  scheduleActs(play, share);
  if (play.mirrors) world.time.after(LAST_DELETE, () => deleteOnce(play));
  let before: readonly number[] = [];
  world.time.after(QUIET_FROM, () => (before = edges.map(({ repairs }) => repairs.asked)));
  await world.time.run(END);
  checkTheEnd(play, before);
  return { violations: world.violations, trace: world.trace, moves: play.moves };
}

/** A registry as a target, in which the repositories of the destination's prefix are those that it has as a source. */
function withoutPrefix(registry: Registry, prefix: string): Registry {
  return { ...registry, repository: (name) => registry.repository(name.replace(prefix, "")) };
}

function scheduleActs(play: Play, share: number): void {
  const { world, repositories } = play;
  const { time, random } = world;
  for (let act = 0; act < RING_ACTS; act++) {
    time.after(random() * ACTS_END, () => {
      const at = Math.floor(random() * NAMES.length);
      const tag = TAGS[Math.floor(random() * TAGS.length)] ?? "v1";
      const repository = repositories[at];
      if (repository === undefined) return;
      const known = repository.tags.get(tag);
      if (random() < share && known !== undefined) {
        repository.tags.delete(tag);
        return remove(play, at, tag, known);
      }
      const knew = new Set(repository.manifests.keys());
      const { digest } = addImage(repository, ["layer", `push ${act}`]);
      play.knew.set(digest, knew);
      repository.tags.set(tag, digest);
      repository.pushedAt.set(digest, time.now());
      world.note(`push ${act} of ${tag} at ${NAMES[at]}: ${digest.slice(7, 13)}`);
      play.pushed.set(tag, time.now());
      move(play, at, tag, digest);
    });
  }
}

/** Deletes a tag that all registries agree on, and that the stack which copies to the registry has seen there. */
function deleteOnce(play: Play): void {
  const { repositories, edges, world } = play;
  const at = Math.floor(world.random() * NAMES.length);
  const { cloud } = edges[(at + NAMES.length - 1) % NAMES.length] ?? {};
  const digestsOf = (tag: string) => repositories.map(({ tags }) => tags.get(tag));
  const isSeen = (tag: string): boolean =>
    cloud?.tags.get(`gar/p/r/app:${tag}`)?.record.replicated?.digest === repositories[at]?.tags.get(tag);
  const tag = TAGS.find((each) => new Set(digestsOf(each)).size === 1 && isSeen(each));
  const digest = tag && repositories[at]?.tags.get(tag);
  if (tag === undefined || digest === undefined) return;
  repositories[at]?.tags.delete(tag);
  play.last = { at, tag, digest };
  remove(play, at, tag, digest);
}

/** Tells the stack whose source the registry is. */
function move(play: Play, at: number, tag: string, digest: Digest, isDelete = false): void {
  const id = `${NAMES[at]}-${play.events++}`;
  if (isDelete) play.named.delete(`${at} ${tag}`);
  else play.named.set(`${at} ${tag}`, digest);
  play.edges[at]?.announce({ id, repository: "app", tag, digest, at: play.world.time.now(), isDelete });
}

function remove(play: Play, at: number, tag: string, digest: Digest): void {
  play.world.note(`${tag} is deleted at ${NAMES[at]}`);
  play.deleted.set(tag, play.world.time.now());
  move(play, at, tag, digest, true);
}

/** A copy puts a tag: complete (I1). */
function cross(play: Play, from: number, tag: string, digest: Digest): void {
  const { world, edges, repositories, named } = play;
  const at = (from + 1) % edges.length;
  const target = repositories[at];
  const missing = target === undefined ? [] : missingUnder(target, digest);
  if (missing.length > 0) world.violate("I1", `${tag} is put at ${NAMES[at]} without ${missing.join(", ")}`);
  if (named.get(`${at} ${tag}`) !== digest) {
    play.moves++;
    world.note(`${tag} of ${NAMES[at]} is moved to ${digest.slice(7, 13)}`);
    countCrossing(play, `${from} ${tag}`, tag, digest);
  }
  move(play, at, tag, digest);
}

/** A push crosses an edge once (I23), except as {@link mayReturn} says. */
function countCrossing(play: Play, edge: string, tag: string, digest: Digest): void {
  const { world, crossed } = play;
  const key = `${edge} ${digest}`;
  const before = crossed.get(key);
  for (const [other, { lostTo }] of crossed) if (other.startsWith(`${edge} `) && other !== key) lostTo.push(digest);
  crossed.set(key, { times: (before?.times ?? 0) + 1, at: world.time.now(), lostTo: [] });
  if (before !== undefined && !mayReturn(play, before, tag, digest))
    world.violate("I23", `${digest} crosses ${edge} ${before.times + 1} times`);
}

/**
 * True after a delete; after a rest; and once, after the push has lost the tag to another one that was made beside it: neither of them knew of the
 * other.
 */
function mayReturn({ world, deleted, pushed, knew }: Play, before: Crossing, tag: string, digest: Digest): boolean {
  const [pushedAt = 0, deletedAt = 0] = [pushed.get(tag), deleted.get(tag)];
  if (world.time.now() - pushedAt > RESTED_MS || deletedAt >= before.at) return true;
  const isBeside = (other: Digest): boolean =>
    knew.get(other)?.has(digest) === false && knew.get(digest)?.has(other) === false;
  return before.times === 1 && before.lostTo.some(isBeside);
}

/** What was deleted at rest does not come back, and is deleted at each registry that a copy had put it to, one after the other (I25). */
function checkDelete({ world, repositories, crossed, last }: Play): void {
  if (last === undefined) return;
  const { at, tag, digest } = last;
  for (let step = 0; step < NAMES.length; step++) {
    const here = (at + step) % NAMES.length;
    const before = (here + NAMES.length - 1) % NAMES.length;
    if (step > 0 && !crossed.has(`${before} ${tag} ${digest}`)) return;
    if (repositories[here]?.tags.has(tag) === true)
      world.violate("I25", `${tag} is at ${NAMES[here]} again, or still, after its delete at ${NAMES[at]}`);
  }
}

/** In the end nothing moves, and no two registries name different images (I24). */
function checkTheEnd(play: Play, asked: readonly number[]): void {
  const { world, edges, repositories, mirrors } = play;
  checkDelete(play);
  for (const [from, { cloud, repairs }] of edges.entries()) {
    const size = cloud.places.get("gar")?.queue.size() ?? 0;
    if (size > 0) world.violate("I5", `${size} messages are left for ${NAMES[(from + 1) % NAMES.length]}`);
    if (cloud.dead.length > 0)
      world.violate("I9", `dead letters without a cause of their own: ${cloud.dead.join(", ")}`);
    const more = repairs.asked - (asked[from] ?? 0);
    if (more > 0) world.violate("I24", `comparisons of ${NAMES[from]} still request ${more} copies`);
  }
  for (const tag of TAGS) {
    const all = repositories.map(({ tags }) => tags.get(tag));
    // A tag that stays deleted at one registry does not pass it.
    const isOpen = mirrors && all.includes(undefined);
    if (!isOpen && new Set(all).size > 1)
      world.violate("I24", `${tag} is ${all.map((digest) => digest ?? "absent").join(", ")}`);
  }
}
