import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Cloud } from "./cloud/cloud.ts";
import { addImage, addIndex } from "./cloud/registry.ts";
import { createAnnouncer, setTag } from "./pushes.ts";
import type { History } from "./pushes.ts";

/** Repositories and tags of the builds. Other pushes move the first tag, too. */
const TAGS = [
  ["app", "v1"],
  ["web", "multi"],
] as const;
const MAX_PLATFORMS = 4;
const PAUSE_MS = 8_000;
/** Layers that pre-copies send with an upload of their own. */
const BIG_LAYERS = Array.from({ length: 12 }, (_, index) => `layer big ${index} ${"x".repeat(1_200_000)}`);

/**
 * Builds of several platforms, as buildx pushes them: each child by its digest when it is built, the index with its tag last. Some builds
 * end before that.
 */
export function scheduleBuilds(cloud: Cloud, history: History, end: number, random: () => number): void {
  const { world, source } = cloud;
  const { time } = world;
  const announce = createAnnouncer(cloud, history);
  const builds = 1 + Math.floor(random() * 4);
  for (let build = 0; build < builds; build++) {
    const [repository, tag] = TAGS[Math.floor(random() * TAGS.length)] ?? TAGS[0];
    const children: Descriptor[] = [];
    const platforms = 1 + Math.floor(random() * MAX_PLATFORMS);
    let at = random() * (end / 2);
    for (let platform = 0; platform < platforms; platform++) {
      const own = `${repository} build ${build} ${platform} ${random()}`;
      const layers = [...BIG_LAYERS.filter(() => random() < 0.15), own];
      time.after(at, () => {
        const child = addImage(source.repository(repository), layers);
        children.push(child);
        world.note(`build ${build} pushes ${child.digest.slice(7, 13)} of ${repository}`);
        const id = `e-build-${build}-${platform}`;
        announce({ id, repository, tag: undefined, digest: child.digest, at: time.now() });
      });
      at += random() * PAUSE_MS;
    }
    if (random() < 0.3) continue;
    time.after(at, () => {
      const { digest } = addIndex(source.repository(repository), children);
      setTag(cloud, history, { repository, tag, digest });
      announce({ id: `e-build-${build}`, repository, tag, digest, at: time.now() });
    });
  }
}
