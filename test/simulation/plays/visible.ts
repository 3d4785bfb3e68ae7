import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { configurationOf, createCloud } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage, addIndex } from "../cloud/registry.ts";
import { CALM, createWorld } from "../world/world.ts";

/** How an image is pushed: an index after its platforms, which have events of their own, or all at the same moment. */
export type PushedImage = "one layer" | "index after its platforms" | "index at once";

const ROUND_TRIP_MS = 30;
const PLATFORMS = 6;
const configuration = configurationOf("gar");
const deployment = { concurrency: 10, limitMs: 900_000, uploadMs: 0 };
const bigLayer = (platform: number): string => `layer ${platform} ${"x".repeat(300_000)}`;

/**
 * Plays one push between registries that are 30 ms away; every call of the table takes 2 ms, and computing takes no time.
 * @returns the milliseconds from the push of the tag to its put at the target: what all requests that wait for each other take.
 */
export async function playVisible(kind: PushedImage): Promise<number> {
  // Chance that draws no fault and no delay.
  const world = createWorld(() => 0, { odds: CALM, faultsEnd: 0, isTraced: false });
  const script = { tookMs: (service: string) => (service === "gar" || service === "source" ? ROUND_TRIP_MS - 2 : 0) };
  const cloud = createCloud(world, { configuration, deployment, isLenient: false, script });
  const source = cloud.source.repository("app");
  let pushedAt = NaN;
  let visibleAt = NaN;
  cloud.onTag = (_destination, _repository, tag) => {
    if (tag === "v1") visibleAt = world.time.passed();
  };
  startCopyFunction(cloud);
  const deliver = createFanOutFunction(cloud);
  const push = (id: string, { digest }: Descriptor, tag?: string): void => {
    if (tag !== undefined) source.tags.set(tag, digest);
    if (tag === "v1") pushedAt = world.time.passed();
    deliver({ id, repository: "app", tag, digest, at: world.time.now() });
  };
  push("warm", addImage(source, ["layer warm"]), "warm");
  world.time.after(20_000, () => {
    if (kind === "one layer") return push("e", addImage(source, ["layer small"]), "v1");
    const platforms = Array.from({ length: PLATFORMS }, (_, platform) => addImage(source, [bigLayer(platform)]));
    if (kind === "index after its platforms") platforms.forEach((image, index) => push(`e-${index}`, image));
    const waitMs = kind === "index after its platforms" ? 2_000 : 0;
    world.time.after(waitMs, () => push("e", addIndex(source, platforms), "v1"));
  });
  await world.time.run(60_000);
  return visibleAt - pushedAt;
}
