import type { Descriptor } from "../../../src/oci/descriptor.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { successors } from "../../../src/oci/manifest.ts";
import { seeded } from "../../fixtures/seeded.ts";
import { configurationWith, createCloud } from "../cloud/cloud.ts";
import type { Cloud } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { addImage, addIndex, missingUnder } from "../cloud/registry.ts";
import type { Repository } from "../cloud/registry.ts";
import { scheduleProbe, scheduleReconcile } from "../cloud/scheduled-functions.ts";
import { createAnnouncer, createHistory, setTag } from "../pushes.ts";
import { drawOdds } from "../world/odds.ts";
import { createWorld } from "../world/world.ts";

const MINUTE_MS = 60_000;
const PUSHES_END = 1.5 * MINUTE_MS;
const FAULTS_END = 3 * MINUTE_MS;
/** Others move tags until then. */
const MOVES_END = 5 * MINUTE_MS;
const COMPARED_FROM = 6 * MINUTE_MS;
const QUIET_FROM = 27 * MINUTE_MS;
const END = 40 * MINUTE_MS;
/** Someone else's move so shortly before a put may be lost: a put may take effect half a minute after the last look. */
const WINDOW_MS = 0.75 * MINUTE_MS;

const POLICIES = [
  "skip",
  "target-wins",
  "merge",
  "newest-wins",
  "fail",
  "source-wins",
  { rename: "{tag}-aws" },
] as const;
/** Others move the first one only. */
const TAGS = ["v1", "v2"] as const;

/** Each push is for one of these, too. */
const ARCHITECTURES = ["s390x", "ppc64le", "riscv64"];

/** What someone else has put under `v1`. */
interface Move {
  readonly digest: Digest;
  readonly child: Digest;
  readonly at: number;
}

interface Play {
  readonly cloud: Cloud;
  readonly policy: (typeof POLICIES)[number];
  readonly source: Repository;
  readonly target: Repository;
  readonly pushedAt: Map<Digest, number>;
  /** What someone else has put under `v1`, until a put of ours replaces it. */
  standing: Move | undefined;
}

/**
 * Plays one seed: the source pushes two tags while everything fails that can fail, and someone else moves one of them at the target. Each
 * seed has one strategy. @returns the promises that are broken.
 */
export async function playConflicts(
  seed: number,
  isTraced = false,
): Promise<{ violations: string[]; trace: string[] }> {
  const random = seeded(seed);
  const world = createWorld(random, { odds: drawOdds(random), faultsEnd: FAULTS_END, isTraced });
  const policy = POLICIES[seed % POLICIES.length] ?? "skip";
  const configuration = configurationWith({ conflict: policy }, "gar");
  const deployment = { concurrency: 3, limitMs: 2 * MINUTE_MS, uploadMs: 30_000 };
  const cloud = createCloud(world, { configuration, deployment, isLenient: false });
  const place = cloud.places.get("gar");
  if (place === undefined) throw new Error("there is no destination");
  const target = place.registry.repository(`${place.destination.prefix}/app`);
  const source = cloud.source.repository("app");
  const play: Play = { cloud, policy, source, target, pushedAt: new Map(), standing: undefined };
  cloud.onTag = (_destination, _repository, tag, digest) => checkPut(play, tag, digest);
  startCopyFunction(cloud);
  schedulePushes(play);
  scheduleMoves(play);
  scheduleProbe(cloud, QUIET_FROM);
  const repairs = scheduleReconcile(cloud, COMPARED_FROM, END);
  let askedBefore = 0;
  world.time.after(QUIET_FROM, () => (askedBefore = repairs.asked));
  await world.time.run(END);
  if (repairs.asked > askedBefore)
    world.violate("I22", `comparisons still request ${repairs.asked - askedBefore} copies`);
  if (place.queue.size() > 0) world.violate("I5", `${place.queue.size()} messages are left`);
  const unexpected = cloud.dead.filter((reason) => policy !== "fail" || reason !== "target-conflict");
  if (unexpected.length > 0) world.violate("I9", `dead letters without a cause of their own: ${unexpected.join(", ")}`);
  checkTheEnd(play);
  return { violations: world.violations, trace: world.trace };
}

/** An index, so that it can be merged, with images for these platforms. */
function addPlatforms(repository: Repository, architectures: readonly string[], text: string) {
  const children = architectures.map((architecture): Descriptor => {
    const image = addImage(repository, [`layer ${architecture} ${text}`]);
    return { ...image, platform: { os: "linux", architecture } };
  });
  return { digest: addIndex(repository, children).digest, children };
}

function schedulePushes({ cloud, source, pushedAt }: Play): void {
  const { time, random } = cloud.world;
  const history = createHistory();
  const announce = createAnnouncer(cloud, history);
  for (const tag of TAGS) {
    const pushes = 1 + Math.floor(random() * 3);
    for (let push = 0; push < pushes; push++) {
      time.after(random() * PUSHES_END, () => {
        const { digest } = addPlatforms(
          source,
          ["amd64", ARCHITECTURES[push] ?? "s390x"],
          `of the source: ${tag} ${push}`,
        );
        setTag(cloud, history, { repository: "app", tag, digest });
        pushedAt.set(digest, time.now());
        announce({ id: `e-${tag}-${push}`, repository: "app", tag, digest, at: time.now() });
      });
    }
  }
}

function scheduleMoves(play: Play): void {
  const { cloud, target } = play;
  const { world } = cloud;
  const { time, random } = world;
  const count = Math.floor(random() * 3);
  for (let move = 0; move < count; move++) {
    time.after(random() * (random() < 0.5 ? PUSHES_END : MOVES_END), () => {
      const { digest, children } = addPlatforms(target, ["arm64"], `of someone else: ${move}`);
      target.tags.set("v1", digest);
      target.pushedAt.set(digest, time.now());
      play.standing = { digest, child: children[0]?.digest ?? digest, at: time.now() };
      world.note(`someone else moves v1 to ${digest.slice(7, 13)}`);
    });
  }
  if (random() < 0.3) {
    time.after(COMPARED_FROM + random() * COMPARED_FROM, () => {
      target.tags.delete("v1");
      play.standing = undefined;
      world.note("someone else deletes v1");
    });
  }
}

/** A put replaces no image of someone else that the strategy protects (I20). */
function checkPut(play: Play, tag: string, digest: Digest): void {
  const { cloud, policy, target, pushedAt, standing } = play;
  if (tag !== "v1" || standing === undefined) return;
  if (policy === "merge" && childrenOf(target, digest).includes(standing.child)) return;
  play.standing = undefined;
  const isYoung = cloud.world.time.now() - standing.at <= WINDOW_MS;
  const isNewer = policy === "newest-wins" && (pushedAt.get(digest) ?? 0) >= standing.at;
  if (isYoung || isNewer || policy === "source-wins") return;
  cloud.world.violate("I20", `${digest} replaces ${standing.digest} of someone else`);
}

function childrenOf({ manifests }: Repository, digest: Digest): Digest[] {
  const manifest = manifests.get(digest);
  return manifest === undefined
    ? []
    : successors(manifest.bytes, manifest.mediaType).manifests.map((child) => child.digest);
}

/** In the end each tag is what its strategy says (I21). */
function checkTheEnd(play: Play): void {
  const { cloud, source, target, standing } = play;
  const { world, receipts } = cloud;
  const named = [...receipts.values()].filter(
    ({ reference, conflict }) => reference === "v2" && conflict !== undefined,
  );
  if (named.length > 0)
    world.violate("I21", `v2 has a conflict, although we alone put it: ${named[0]?.conflict ?? ""}`);
  for (const tag of TAGS) {
    const wanted = source.tags.get(tag);
    const found = target.tags.get(tag);
    if (wanted === undefined || found === wanted) continue;
    const move = tag === "v1" ? standing : undefined;
    const problem = move === undefined ? lostProblem(play, wanted, found) : problemOf(play, wanted, found, move);
    if (problem !== undefined)
      world.violate("I21", `${tag} is ${found ?? "absent"}, at the source ${wanted}: ${problem}`);
  }
}

/** As {@link problemOf}, if no move of someone else stands. A merge may have a part of one that a put within the window has replaced. */
function lostProblem({ policy, source, target }: Play, wanted: Digest, found: Digest | undefined): string | undefined {
  const has = found === undefined ? [] : childrenOf(target, found);
  const isMerged = policy === "merge" && childrenOf(source, wanted).every((child) => has.includes(child));
  return isMerged ? undefined : "no third party has moved it";
}

/** Why the end of a conflict is wrong; undefined when it is as the strategy says. */
function problemOf(
  { policy, source, target, pushedAt }: Play,
  wanted: Digest,
  found: Digest | undefined,
  { digest, child, at }: Move,
): string | undefined {
  if (policy === "source-wins") return "the source wins";
  if (policy === "merge")
    return mergeProblem([child, ...childrenOf(source, wanted)], found === undefined ? [] : childrenOf(target, found));
  if (found !== digest) return `the image of someone else is ${digest}`;
  if (policy === "newest-wins" && (pushedAt.get(wanted) ?? 0) > at) return "the source is newer";
  if (policy === "target-wins" && missingUnder(target, wanted).length > 0) return "the source's image is incomplete";
  if (typeof policy === "object" && target.tags.get("v1-aws") !== wanted) return "the other tag is not the source's";
  return undefined;
}

function mergeProblem(due: readonly Digest[], has: readonly Digest[]): string | undefined {
  const isDue = due.length === has.length && due.every((each) => has.includes(each));
  return isDue ? undefined : `it has ${has.join(", ")} instead of ${due.join(", ")}`;
}
