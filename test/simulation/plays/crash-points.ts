import type { Digest } from "../../../src/oci/digest.ts";
import { seeded } from "../../fixtures/seeded.ts";
import { configurationOf, createCloud } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage, addIndex, missingUnder } from "../cloud/registry.ts";
import { CALM, createWorld } from "../world/world.ts";

/** The copy dies at this call (counted over all deliveries), before or after the call takes effect. */
export interface CrashPoint {
  readonly call: number;
  readonly when: "crash-before" | "crash-after";
}

export interface CrashReport {
  /** Total number of calls. */
  readonly calls: number;
  readonly problems: readonly string[];
}

const configuration = configurationOf("gar");
const END = 3_600_000;

/** Copies an index of two images with three blobs each, dies at each of the points, then checks the result. */
export async function playCrashes(points: readonly CrashPoint[]): Promise<CrashReport> {
  let calls = 0;
  const world = createWorld(seeded(1), {
    odds: CALM,
    faultsEnd: 0,
    isTraced: false,
    decide(process) {
      if (!process.startsWith("copy")) return undefined;
      const call = calls++;
      return points.find((point) => point.call === call)?.when;
    },
  });
  const deployment = { concurrency: 2, limitMs: 120_000, uploadMs: 10 };
  const cloud = createCloud(world, { configuration, deployment, isLenient: false });
  const source = cloud.source.repository("app");
  const target = cloud.places.get("gar")?.registry.repository("p/r/app");
  const queue = cloud.places.get("gar")?.queue;
  const puts: Digest[] = [];
  const problems: string[] = [];
  cloud.onTag = (_destination, _repository, _tag, digest) => {
    puts.push(digest);
    if (target === undefined || missingUnder(target, digest).length > 0)
      problems.push("I1: the tag is put before its content");
  };
  const { dead, receipts } = cloud;
  const { digest } = addIndex(source, [addImage(source, ["layer a", "layer b"]), addImage(source, ["layer a", "own"])]);
  source.tags.set("v1", digest);
  startCopyFunction(cloud);
  createFanOutFunction(cloud)({ id: "event", repository: "app", tag: "v1", digest, at: world.time.now() });
  await world.time.run(END);
  if (target?.tags.get("v1") !== digest) problems.push("I2: the tag is absent in the end");
  if (queue?.size() !== 0) problems.push("I5: a message is left");
  if (receipts.size !== 1) problems.push(`I5: ${receipts.size} receipts`);
  if (dead.length > 0) problems.push(`I9: dead letters, ${dead.join()}`);
  if (puts.length > 1 + points.length) problems.push(`the tag was put ${puts.length} times`);
  return { calls, problems: [...problems, ...world.violations] };
}
