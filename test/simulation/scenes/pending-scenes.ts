import type { Digest } from "../../../src/oci/digest.ts";
import { configurationOf } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage } from "../cloud/registry.ts";
import { scheduleProbe } from "../cloud/scheduled-functions.ts";
import { play } from "./stage.ts";
import type { Scene, Stage } from "./stage.ts";

const SECOND_MS = 1_000;
const END_MS: number = 50 * 60 * SECOND_MS;
/** The call at which the first delivery dies: it has no lease yet. Its message is delivered again after three minutes. */
const KILLED_AT = 2;

interface Killed extends Stage {
  readonly push: (id: string) => Digest;
  /** A comparison asks for the tag. */
  readonly ask: () => void;
  /** Waits until so many seconds after the beginning. */
  readonly until: (seconds: number) => Promise<void>;
  /** The types of the events of a push. */
  readonly told: (id: string) => string;
}

/** Plays pushes of one tag. The process of the first copy is killed. */
function killed(act: (stage: Killed) => Promise<void>): Promise<string[]> {
  const begin = async (stage: Stage): Promise<void> => {
    const { cloud, world, process } = stage;
    world.decide = (name, call) => (name === "copy-0" && call === KILLED_AT ? "crash-before" : undefined);
    startCopyFunction(cloud);
    scheduleProbe(cloud, END_MS);
    const deliver = createFanOutFunction(cloud);
    const source = cloud.source.repository("app");
    const about = { version: 1, destination: "gar", repository: "app", reference: "v1" };
    await act({
      ...stage,
      push(id) {
        const { digest } = addImage(source, [`layer ${id}`]);
        source.tags.set("v1", digest);
        source.pushedAt.set(digest, world.time.now());
        deliver({ id, repository: "app", tag: "v1", digest, at: world.time.now() });
        return digest;
      },
      ask() {
        const request = { ...about, id: "comparison", pushedAt: world.time.now() };
        cloud.places.get("gar")?.queue.send(JSON.stringify(request), "backfill");
      },
      until: (seconds) => process.sleep(seconds * SECOND_MS - world.time.passed()),
      told: (id) =>
        [...new Set(cloud.announced.filter(({ request }) => request === id).map((event) => event.type))].join(),
    });
  };
  return play({}, begin, undefined, configurationOf("gar"));
}

/** Pushes whose copy was killed, and whose image another request brings before their message is delivered again. */
export const PENDING_SCENES: readonly Scene[] = [
  {
    name: "a push whose copy was killed ends when a request of a comparison has brought its image, and once",
    play: () =>
      killed(async ({ cloud, push, ask, until, told, expect }) => {
        push("one");
        await until(5);
        expect(cloud.pending.size === 1, "the copy was not killed");
        ask();
        await until(60);
        expect(cloud.pending.size === 0, "the push is pending although its image is there");
        expect(told("one") === "Replicated", `it is announced as ${told("one")}`);
        await until(20 * 60);
        expect(cloud.places.get("gar")?.queue.size() === 0, "a message waits in the queue");
        expect(cloud.announced.length === 1, `${cloud.announced.length} events tell of one push`);
        const ends = [...cloud.receipts.values()].filter(({ id }) => id === "one").length;
        expect(ends === 1, `the push has ${ends} receipts`);
      }),
  },
  {
    name: "a push whose copy was killed ends with a newer push of its tag, and each once",
    play: () =>
      killed(async ({ cloud, push, until, told, expect }) => {
        push("one");
        await until(5);
        const newer = push("two");
        await until(60);
        const found = cloud.places.get("gar")?.registry.repository("p/r/app").tags.get("v1");
        expect(found === newer, "the newer push has not arrived");
        expect(cloud.pending.size === 0, `${cloud.pending.size} pushes are pending after the newer one has ended`);
        await until(20 * 60);
        const events = [told("one"), told("two")].join(" ");
        expect(events === "Replicated Replicated", `they are announced as ${events}`);
        expect(cloud.announced.length === 2, `${cloud.announced.length} events tell of two pushes`);
      }),
  },
];
