import type { Digest } from "../../../src/oci/digest.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { configurationWith } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage } from "../cloud/registry.ts";
import type { Repository } from "../cloud/registry.ts";
import { scheduleReconcile } from "../cloud/scheduled-functions.ts";
import type { Repairs } from "../cloud/scheduled-functions.ts";
import type { Script } from "../http/site.ts";
import { play } from "./stage.ts";
import type { Scene, Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
const GRACE_HOURS = 0.25;
/** Comparisons begin after 1, 11, 21 ... minutes: one finds the delete, the one after the grace period deletes. */
const NOTED_MS: number = 13 * MINUTE_MS;
const DUE_MS: number = 34 * MINUTE_MS;
const END_MS: number = 58 * MINUTE_MS;

interface Deletes extends Stage {
  readonly source: Repository;
  readonly target: Repository;
  /** Pushes an image to the source. */
  readonly push: (tag: string, layer?: string) => Digest;
  /** Waits until so many milliseconds after the beginning. */
  readonly until: (ms: number) => Promise<void>;
  readonly repairs: Repairs;
}

/** Plays a rule that mirrors deletes: half of a repository's tags a day, after a quarter of an hour. */
function mirrored(
  act: (deletes: Deletes) => Promise<void>,
  { script = {}, rule }: { readonly script?: Script; readonly rule?: Parameters<typeof configurationWith>[0] } = {},
): Promise<string[]> {
  const mirror = { deletes: { mode: "mirror", graceHours: GRACE_HOURS, maxRatioPerDay: 0.5, dryRun: false } } as const;
  const begin = async (stage: Stage): Promise<void> => {
    const { cloud, world, process } = stage;
    const source = cloud.source.repository("app");
    const target = cloud.places.get("gar")?.registry.repository("p/r/app");
    if (target === undefined) throw new Error("there is no target");
    const push = (tag: string, layer = tag): Digest => {
      const { digest } = addImage(source, [`layer ${layer}`]);
      source.tags.set(tag, digest);
      return digest;
    };
    startCopyFunction(cloud);
    const repairs = scheduleReconcile(cloud, MINUTE_MS, END_MS);
    const until = (ms: number): Promise<void> => process.sleep(ms - world.time.passed(), NEVER);
    await act({ ...stage, source, target, push, until, repairs });
  };
  return play(script, begin, undefined, configurationWith(rule ?? mirror, "gar"));
}

const deletesSent = (stage: Stage): number => stage.requests("gar", "DELETE");

/** Deletes at the source: storms, mistakes and races. */
export const DELETE_SCENES: readonly Scene[] = [
  {
    name: "a delete reaches the target after the grace period, and not before",
    play: () =>
      mirrored(async ({ push, source, target, until, expect, cloud }) => {
        for (const tag of ["v1", "v2", "v3"]) push(tag);
        await until(5 * MINUTE_MS);
        expect(target.tags.size === 3, "the tags are not copied");
        source.tags.delete("v2");
        await until(25 * MINUTE_MS);
        expect(target.tags.has("v2"), "it is deleted during the grace period");
        await until(DUE_MS);
        expect(!target.tags.has("v2") && target.tags.size === 2, "it is not deleted, or others are");
        const ended = [...cloud.receipts.values()].filter(({ outcome }) => outcome === "deleted");
        expect(ended.length === 1, `${ended.length} receipts say so`);
      }),
  },
  {
    name: "an emptied source deletes nothing",
    play: () =>
      mirrored(async (stage) => {
        const { push, source, target, until, expect } = stage;
        for (const tag of ["v1", "v2"]) push(tag);
        await until(5 * MINUTE_MS);
        source.tags.delete("v1");
        await until(NOTED_MS);
        source.tags.clear();
        await until(END_MS);
        expect(target.tags.size === 2 && deletesSent(stage) === 0, "tags are deleted");
      }),
  },
  {
    name: "a deleted source repository deletes nothing, and each comparison says so",
    play: () =>
      mirrored(async (stage) => {
        const { push, target, until, expect, cloud, repairs } = stage;
        for (const tag of ["v1", "v2"]) push(tag);
        await until(NOTED_MS);
        cloud.source.remove("app");
        await until(END_MS);
        expect(target.tags.size === 2 && deletesSent(stage) === 0, "tags are deleted");
        expect(repairs.heldBack >= 3 * 2, `${repairs.heldBack} tags were held back`);
      }),
  },
  {
    name: "a storm of deletes deletes the share of a day",
    play: () =>
      mirrored(async ({ push, source, target, until, expect }) => {
        for (let tag = 0; tag < 10; tag++) push(`v${tag}`);
        await until(5 * MINUTE_MS);
        for (let tag = 0; tag < 9; tag++) source.tags.delete(`v${tag}`);
        await until(END_MS);
        expect(target.tags.size === 5, `${target.tags.size} of 10 tags are left`);
      }),
  },
  {
    name: "a delete that is undone by a push at the last moment deletes nothing",
    play: () =>
      mirrored(async (stage) => {
        const { push, source, target, until, expect, cloud } = stage;
        const digest = push("v1");
        push("v2");
        await until(5 * MINUTE_MS);
        source.tags.delete("v1");
        await until(25 * MINUTE_MS);
        // The comparison has listed the source when it lists the target.
        cloud.onRequest = (_service, { path }) => void (path.includes("/tags/list") && source.tags.set("v1", digest));
        await until(DUE_MS);
        expect(target.tags.has("v1"), "it is deleted although the source has it");
      }),
  },
  {
    name: "other tags of a deleted tag's image stay, and the image stays",
    play: () =>
      mirrored(async ({ push, source, target, until, expect }) => {
        const digest = push("v1", "shared");
        for (const tag of ["v2", "v3"]) push(tag, "shared");
        await until(5 * MINUTE_MS);
        source.tags.delete("v2");
        await until(DUE_MS);
        expect(!target.tags.has("v2") && target.tags.has("v1") && target.tags.has("v3"), "the tags are not v1 and v3");
        expect(target.manifests.has(digest), "the image is deleted");
      }),
  },
  {
    name: "a tag that something else put at the target stays",
    play: () =>
      mirrored(async ({ push, source, target, until, expect, cloud, world }) => {
        push("v1");
        const digest = push("v2");
        const manifest = source.manifests.get(digest);
        if (manifest === undefined) throw new Error("there is no image");
        for (const [blob, bytes] of source.blobs) target.blobs.set(blob, bytes);
        target.manifests.set(digest, manifest);
        target.tags.set("v2", digest);
        // The request of its event finds it, and records that.
        createFanOutFunction(cloud)({ id: "e", repository: "app", tag: "v2", digest, at: world.time.now() });
        await until(5 * MINUTE_MS);
        source.tags.delete("v2");
        await until(END_MS);
        expect(target.tags.has("v2"), "it is deleted");
      }),
  },
  {
    name: "a push during a slow delete is copied after it",
    play: () => {
      const isDelete = (method: string, path: string): boolean => method === "DELETE" && path.includes("/manifests/");
      const script: Script = { tookMs: (_service, { method, path }) => (isDelete(method, path) ? 15_000 : 0) };
      return mirrored(
        async ({ push, source, target, until, expect, cloud, world }) => {
          push("v1");
          push("v2");
          await until(5 * MINUTE_MS);
          source.tags.delete("v1");
          let pushed: Digest | undefined;
          const deliver = createFanOutFunction(cloud);
          cloud.onRequest = (_service, { method, path }) => {
            if (!isDelete(method, path) || pushed !== undefined) return;
            pushed = push("v1", "newer");
            deliver({ id: "again", repository: "app", tag: "v1", digest: pushed, at: world.time.now() });
          };
          await until(DUE_MS);
          expect(pushed !== undefined && target.tags.get("v1") === pushed, "the pushed image is not there");
        },
        { script },
      );
    },
  },
  {
    name: "retention keeps the newest tags, and the comparison does not bring the others back",
    play: () => {
      const rule = { retention: { keepLatest: 2, graceHours: GRACE_HOURS, maxRatioPerDay: 1, dryRun: false } };
      return mirrored(
        async ({ push, source, target, until, expect, world, requests }) => {
          for (const [index, tag] of ["v1", "v2"].entries()) source.pushedAt.set(push(tag), index + 1);
          await until(5 * MINUTE_MS);
          source.pushedAt.set(push("v3"), world.time.now());
          await until(END_MS);
          const left = [...target.tags.keys()].toSorted().join(" ");
          expect(left === "v2 v3" && requests("gar", "DELETE") === 1, `${left} are left`);
        },
        { rule },
      );
    },
  },
];
