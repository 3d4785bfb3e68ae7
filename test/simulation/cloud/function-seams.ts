import type { Digest } from "../../../src/oci/digest.ts";
import { startCopyFunction } from "./copy-function.ts";
import { createFanOutFunction } from "./fan-out-function.ts";
import { addImage } from "./registry.ts";
import { scheduleReconcile } from "./scheduled-functions.ts";
import { play } from "../stage.ts";
import type { Seam } from "../stage.ts";

/** Calls of a process after which it dies: in the middle of its copy, before anything has arrived. */
const KILLED_AT = 12;
/** Calls of a comparison after which it dies: it has looked at both circuits, has its lease, and has asked for nothing. */
const COMPARED_AT = 7;

/** What the functions do with processes that die, and with messages that are where they should not be. */
export const FUNCTION_SEAMS: readonly Seam[] = [
  {
    name: "a copy that kills its process each time ends, and is buried with its reason",
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
        expect(cloud.dead.length === 2, `${cloud.dead.length} of 2 messages are buried after ${deliveries} deliveries`);
      }),
  },
  {
    name: "a comparison that died is taken up by the next one",
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
        expect(found === digest, "the tag that no event told of is not there");
      }),
  },
  {
    name: "a push to a tag that is there, whose event is lost, is found by the comparison",
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
          expect(found === newer, `${name} has ${found ?? "nothing"} in place of ${newer}`);
        }
      }),
  },
  {
    name: "a message on another destination's queue is buried, and writes nothing",
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
        expect(cloud.dead.length === 1, "it is not buried");
        expect(requests("hub", "PUT") === 0, "it is written");
      }),
  },
];
