import type { Digest } from "../../../src/oci/digest.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage } from "../cloud/registry.ts";
import { scheduleReconcile } from "../cloud/scheduled-functions.ts";
import { play } from "./stage.ts";
import type { Scene } from "./stage.ts";

/** The call at which a process dies: in the middle of its copy, before anything has arrived. */
const KILLED_AT = 12;
/** The call at which a comparison dies: it has read both circuits and taken its lease, and has requested nothing. */
const COMPARED_AT = 7;

/** Processes that die, lost events and misplaced messages. */
export const FUNCTION_SCENES: readonly Scene[] = [
  {
    name: "a copy that kills its process each time goes to the dead letters with its reason",
    play: () =>
      play({}, async ({ cloud, world, process, expect }) => {
        const repository = cloud.source.repository("app");
        const { digest } = addImage(repository, ["layer"]);
        repository.tags.set("v1", digest);
        world.decide = (name, call) => (name.startsWith("copy") && call === KILLED_AT ? "crash-before" : undefined);
        let deliveries = 0;
        startCopyFunction(cloud, () => void deliveries++);
        createFanOutFunction(cloud)({ id: "e", repository: "app", tag: "v1", digest, at: world.time.now() });
        await process.sleep(58 * 60_000);
        expect(
          cloud.dead.length === 2,
          `${cloud.dead.length} of 2 messages are dead letters after ${deliveries} deliveries`,
        );
      }),
  },
  {
    name: "the next comparison continues one that died",
    play: () =>
      play({}, async ({ cloud, world, process, expect }) => {
        const repository = cloud.source.repository("app");
        const { digest } = addImage(repository, ["layer"]);
        repository.tags.set("v1", digest);
        world.decide = (name, call) => (name.endsWith("-0") && call === COMPARED_AT ? "crash-before" : undefined);
        startCopyFunction(cloud);
        scheduleReconcile(cloud, 60_000, 58 * 60_000);
        await process.sleep(58 * 60_000);
        const found = cloud.places.get("gar")?.registry.repository("p/r/app").tags.get("v1");
        expect(found === digest, "the tag without an event is absent");
      }),
  },
  {
    name: "the comparison finds a push to an existing tag whose event was lost",
    play: () =>
      play({}, async ({ cloud, world, process, expect }) => {
        const repository = cloud.source.repository("app");
        const push = (layer: string): Digest => {
          const { digest } = addImage(repository, [layer]);
          repository.tags.set("v1", digest);
          repository.pushedAt.set(digest, world.time.now());
          return digest;
        };
        startCopyFunction(cloud);
        const at = world.time.now();
        createFanOutFunction(cloud)({ id: "e", repository: "app", tag: "v1", digest: push("older"), at });
        await process.sleep(10 * 60_000);
        const newer = push("newer");
        scheduleReconcile(cloud, 10 * 60_000, 58 * 60_000);
        await process.sleep(45 * 60_000);
        for (const [name, { destination, registry }] of cloud.places) {
          const found = registry.repository(`${destination.prefix}/app`).tags.get("v1");
          expect(found === newer, `${name} has ${found ?? "nothing"} instead of ${newer}`);
        }
      }),
  },
  {
    name: "a message on the queue of another destination goes to the dead letters, and writes nothing",
    play: () =>
      play({}, async ({ cloud, world, process, requests, expect }) => {
        const repository = cloud.source.repository("app");
        const { digest } = addImage(repository, ["layer"]);
        repository.tags.set("v1", digest);
        const pushedAt = world.time.now();
        const request = { version: 1, id: "e", destination: "hub", repository: "app", reference: "v1", pushedAt };
        cloud.places.get("gar")?.queue.send(JSON.stringify(request), "live");
        startCopyFunction(cloud);
        await process.sleep(60_000);
        expect(cloud.dead.length === 1, "it is no dead letter");
        expect(requests("hub", "PUT") === 0, "it is written");
      }),
  },
];
