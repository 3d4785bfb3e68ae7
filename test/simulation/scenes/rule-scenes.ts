import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";
import { configurationWith } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage, addIndex } from "../cloud/registry.ts";
import type { Repository } from "../cloud/registry.ts";
import { scheduleReconcile } from "../cloud/scheduled-functions.ts";
import type { Repairs } from "../cloud/scheduled-functions.ts";
import { play } from "./stage.ts";
import type { Scene, Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
const END_MS: number = 58 * MINUTE_MS;
const PLATFORMS = ["linux/amd64", "linux/arm64/v8", "linux/s390x"];

interface Ruled extends Stage {
  readonly source: Repository;
  readonly target: Repository;
  readonly repairs: Repairs;
  /** Pushes an image under a tag. */
  readonly push: (tag: string, text?: string) => void;
  /** Pushes an index for three platforms under a tag. */
  readonly pushIndex: (tag: string) => void;
  /** Waits until so many minutes after the beginning. */
  readonly until: (minutes: number) => Promise<void>;
}

/** Plays one rule, with comparisons. */
function ruled(rule: Parameters<typeof configurationWith>[0], act: (stage: Ruled) => Promise<void>): Promise<string[]> {
  const begin = async (stage: Stage): Promise<void> => {
    const { cloud, world, process } = stage;
    const source = cloud.source.repository("app");
    const target = cloud.places.get("gar")?.registry.repository("p/r/app");
    if (target === undefined) throw new Error("there is no target");
    startCopyFunction(cloud);
    const repairs = scheduleReconcile(cloud, MINUTE_MS, END_MS);
    const deliver = createFanOutFunction(cloud);
    const announce = (tag: string, { digest }: Pick<ReturnType<typeof addImage>, "digest">): void => {
      source.tags.set(tag, digest);
      source.pushedAt.set(digest, world.time.now());
      deliver({ id: `e-${tag}-${world.time.passed()}`, repository: "app", tag, digest, at: world.time.now() });
    };
    await act({
      ...stage,
      source,
      target,
      repairs,
      push: (tag, text = tag) => announce(tag, addImage(source, [`layer ${text}`])),
      pushIndex(tag) {
        const manifests = PLATFORMS.map((platform) => ({
          ...addImage(source, [`layer ${platform}`]),
          platform: parsePlatform(platform),
        }));
        announce(tag, addIndex(source, manifests));
      },
      until: (minutes) => process.sleep(minutes * MINUTE_MS - world.time.passed()),
    });
  };
  return play({}, begin, undefined, configurationWith(rule, "gar"));
}

/** Rules that leave out a part of what is pushed. */
export const RULE_SCENES: readonly Scene[] = [
  {
    name: "a stripped index is copied once: the comparisons after it ask for nothing",
    play: () =>
      ruled({ platforms: { include: PLATFORMS.slice(0, 2), keep: "strip" } }, async (stage) => {
        const { pushIndex, source, target, until, repairs, expect } = stage;
        pushIndex("v1");
        await until(2);
        expect(target.tags.size === 1, "the tag is not there");
        expect(target.tags.get("v1") !== source.tags.get("v1"), "the index is not stripped");
        expect(target.manifests.size === 3, `${target.manifests.size} manifests are there instead of 3`);
        await until(57);
        expect(repairs.asked === 0, `comparisons ask for ${repairs.asked} copies`);
      }),
  },
  {
    name: "a sparse index that the registry refuses is sent once, and fails for good",
    play: () =>
      ruled({ platforms: { include: PLATFORMS.slice(0, 2), keep: "sparse" } }, async (stage) => {
        const { pushIndex, target, cloud, until, requests, expect } = stage;
        pushIndex("v1");
        await until(10);
        expect(target.tags.size === 0, "the registry takes the index");
        const reasons = [...cloud.receipts.values()].map((receipt) => "reason" in receipt && receipt.reason);
        expect(reasons.join() === "target-sparse-refused", `the receipts say ${reasons.join()}`);
        // Two configs, two layers, two manifests and the index, which is tried until content that is slow to appear would be there.
        expect(
          target.blobs.size === 4 && requests("gar", "PUT") < 20,
          `${requests("gar", "PUT")} requests put content`,
        );
      }),
  },
  {
    name: "the signature of an excluded image is not copied, whatever its own tag",
    play: () =>
      ruled({ exclude: { tags: ["dev-*"] } }, async ({ push, source, target, until, expect }) => {
        push("dev-1");
        await until(1);
        const digest = source.tags.get("dev-1");
        if (digest !== undefined) push(cosignTags(digest)[0] ?? "", "a signature");
        push("v1");
        await until(30);
        expect([...target.tags.keys()].join() === "v1", `the target has ${[...target.tags.keys()].join()}`);
      }),
  },
  {
    name: "an image is copied when it has the age of its rule, and not before",
    play: () =>
      ruled({ minAgeMinutes: 10 }, async ({ push, target, until, expect }) => {
        await until(2);
        push("v1");
        await until(11);
        expect(target.tags.size === 0, "it is copied too early");
        await until(15);
        expect(target.tags.size === 1, "it is not copied");
      }),
  },
  {
    name: "a tag that is moved while it waits gets the age of its new image",
    play: () =>
      ruled({ minAgeMinutes: 10 }, async ({ push, source, target, until, expect }) => {
        await until(2);
        push("v1", "old");
        await until(11);
        push("v1", "new");
        await until(16);
        expect(target.tags.size === 0, "an image is copied too early");
        await until(25);
        expect(target.tags.get("v1") === source.tags.get("v1"), "the new image is not copied");
      }),
  },
];
