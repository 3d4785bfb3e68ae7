import { NEVER } from "../../../src/async/abort.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { cancelCopy } from "../../../src/replication/holds/cancel-copy.ts";
import type { CancelResult } from "../../../src/replication/holds/cancel-copy.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import { configurationOf } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { storeOf } from "../cloud/ports.ts";
import { addImage } from "../cloud/registry.ts";
import { scheduleReconcile } from "../cloud/scheduled-functions.ts";
import type { Repairs } from "../cloud/scheduled-functions.ts";
import { refusal } from "../http/site.ts";
import type { Script } from "../http/site.ts";
import { play } from "./stage.ts";
import type { Scene, Stage } from "./stage.ts";

const SECOND_MS = 1_000;
const MINUTE_S = 60;
const END_MS: number = 58 * MINUTE_S * SECOND_MS;
const KEY = "gar/p/r/app:v1";
/** A layer of 1.2 MB takes a minute. */
const SLOW: Script = { bytesPerMs: (service) => (service === "gar" ? 20 : Infinity) };

interface Cancelling extends Stage {
  readonly repairs: Repairs;
  /** Pushes an image with a layer of its own. */
  readonly push: (text: string) => Digest;
  /** Sends the event of a push. @param at epoch milliseconds; now, if it is absent. */
  readonly announce: (digest: Digest, id: string, at?: number) => void;
  readonly cancel: (copy?: number) => Promise<CancelResult>;
  /** An operator asks for the copy. */
  readonly ask: () => void;
  readonly record: () => TagRecord | undefined;
  /** What the target's tag names. */
  readonly found: () => string | undefined;
  /** Waits until so many seconds after the beginning. */
  readonly until: (seconds: number) => Promise<void>;
}

/** Plays copies of one tag to a slow destination, which an operator cancels. */
function cancelling(script: Script, act: (stage: Cancelling) => Promise<void>): Promise<string[]> {
  const begin = async (stage: Stage): Promise<void> => {
    const { cloud, world, process } = stage;
    startCopyFunction(cloud);
    const repairs = scheduleReconcile(cloud, 2 * MINUTE_S * SECOND_MS, END_MS);
    const deliver = createFanOutFunction(cloud);
    const source = cloud.source.repository("app");
    const queue = cloud.places.get("gar")?.queue;
    const store = storeOf(process, cloud.tags, "tag");
    const announce = (digest: Digest, id: string, at = world.time.now()): void =>
      deliver({ id, repository: "app", tag: "v1", digest, at });
    await act({
      ...stage,
      repairs,
      push(text) {
        const { digest } = addImage(source, [`layer ${text}${"x".repeat(1_200_000)}`]);
        source.tags.set("v1", digest);
        source.pushedAt.set(digest, world.time.now());
        announce(digest, `e-${text}`);
        return digest;
      },
      announce,
      cancel: (copy) =>
        store.update(KEY, (record) => cancelCopy(record, { by: "ann", at: world.time.now(), copy }), NEVER),
      ask() {
        const about = { destination: "gar", repository: "app", reference: "v1" };
        queue?.send(
          JSON.stringify({ version: 1, id: "job", ...about, pushedAt: 0, askedAt: world.time.now() }),
          "backfill",
        );
      },
      record: () => cloud.tags.get(KEY)?.record,
      found: () => cloud.places.get("gar")?.registry.repository("p/r/app").tags.get("v1"),
      until: (seconds) => process.sleep(seconds * SECOND_MS - world.time.passed()),
    });
  };
  return play(script, begin, undefined, configurationOf("gar"));
}

/** It has ended as cancelled, by one receipt, and nothing of it waits or runs. */
function expectCancelled({ cloud, record, found, expect }: Cancelling): void {
  expect(record()?.lease === undefined, "it still runs");
  expect(JSON.stringify(record()?.last) === '{"outcome":"skipped","reason":"cancelled"}', "it has another end");
  expect(found() === undefined, "the tag is put");
  expect(cloud.pending.size === 0, `${cloud.pending.size} pushes are pending`);
  expect(cloud.places.get("gar")?.queue.size() === 0, "a message waits in the queue");
  expect(cloud.dead.length === 0, "there is a dead letter");
  const ends = [...cloud.receipts.values()].map(({ outcome, cancelledBy }) => `${outcome} by ${cancelledBy}`);
  expect(ends.join() === "skipped by ann", `its receipts are ${ends.join()}`);
}

/** Copies that an operator cancels, and what is copied nevertheless. */
export const CANCEL_SCENES: readonly Scene[] = [
  {
    name: "a cancelled copy ends with its heartbeat, once; only a newer push copies the image after that",
    play: () =>
      cancelling(SLOW, async (stage) => {
        const { push, announce, cancel, until, repairs, found, expect, cloud, world, requests } = stage;
        const pushedAt = world.time.now();
        const digest = push("one");
        await until(17);
        expect((await cancel()) === "cancelled", "it is not cancelled");
        expect((await cancel()) === "already", "it is cancelled twice");
        await until(32);
        expectCancelled(stage);
        expect((await cancel()) === "nothing", "something else is cancelled");
        const sent = requests("gar", "PUT") + requests("gar", "POST");
        announce(digest, "e-one", pushedAt);
        cloud.places.get("gar")?.queue.send(
          JSON.stringify({
            version: 1,
            id: "old",
            destination: "gar",
            repository: "app",
            reference: "v1",
            pushedAt: 1,
          }),
          "live",
        );
        await until(30 * MINUTE_S);
        expect(found() === undefined, "the tag is put by another request of the same image");
        expect(requests("gar", "PUT") + requests("gar", "POST") === sent, "something is sent after the end");
        expect(repairs.asked === 0, `comparisons ask for ${repairs.asked} copies`);
        announce(digest, "e-again");
        await until(33 * MINUTE_S);
        expect(found() === digest, "the image is not copied when it is pushed again");
        const ends = [...cloud.receipts.values()].filter(({ id }) => id === "e-one").length;
        expect(ends === 1, `the cancelled push has ${ends} receipts`);
      }),
  },
  {
    name: "a cancelled copy is copied when an operator asks for it",
    play: () =>
      cancelling(SLOW, async (stage) => {
        const { push, cancel, ask, until, found, expect } = stage;
        const digest = push("one");
        await until(17);
        await cancel();
        await until(60);
        expectCancelled(stage);
        ask();
        await until(5 * MINUTE_S);
        expect(found() === digest, "the image is not copied");
      }),
  },
  {
    name: "a push beside the cancellation of the copy of an older one arrives",
    play: () =>
      cancelling(SLOW, async ({ push, cancel, until, found, record, expect }) => {
        push("one");
        await until(20);
        const second = push("two");
        await until(22);
        expect((await cancel()) === "cancelled", "the first copy is not cancelled");
        await until(4 * MINUTE_S);
        expect(found() === second, "the second image is not copied");
        expect(record()?.cancel === undefined, "the cancellation outlasts the copy of the second image");
      }),
  },
  {
    name: "a cancellation before the first heartbeat is about the image that is being copied, not about the next one",
    play: () =>
      cancelling(SLOW, async ({ push, cancel, until, found, expect }) => {
        push("one");
        await until(4);
        const second = push("two");
        await until(6);
        expect((await cancel()) === "cancelled", "the first copy is not cancelled");
        await until(4 * MINUTE_S);
        expect(found() === second, "the second image is not copied");
      }),
  },
  {
    name: "an image that is pushed again after its cancellation is copied, also if its copy has not ended by then",
    play: () =>
      cancelling(SLOW, async ({ push, announce, cancel, until, found, expect }) => {
        const digest = push("one");
        await until(17);
        await cancel();
        await until(19);
        announce(digest, "e-again");
        await until(10 * MINUTE_S);
        expect(found() === digest, "it is not copied");
      }),
  },
  {
    name: "a copy that waits to be tried again is cancelled, and ends with its next delivery",
    play: () =>
      cancelling(
        { reply: (service, { method }) => (service === "gar" && method === "POST" ? refusal(503, "X") : undefined) },
        async (stage) => {
          const { push, cancel, until, record, expect } = stage;
          push("one");
          await until(15);
          expect(record()?.last?.outcome === "deferred" && record()?.lease === undefined, "it does not wait");
          expect((await cancel()) === "cancelled", "it is not cancelled");
          await until(4 * MINUTE_S);
          expectCancelled(stage);
        },
      ),
  },
  {
    name: "a cancelled copy whose process has died ends with its next delivery",
    play: () =>
      cancelling(SLOW, async (stage) => {
        const { push, cancel, until, world, record, expect } = stage;
        push("one");
        await until(20);
        world.decide = (name) => (name.startsWith("copy-0") ? "crash-before" : undefined);
        expect((await cancel()) === "cancelled", "it is not cancelled");
        await until(50);
        expect(record()?.lease !== undefined, "the process lives");
        await until(10 * MINUTE_S);
        expectCancelled(stage);
      }),
  },
  {
    name: "a copy whose tag is being put is not cancelled any more",
    play: () =>
      cancelling(
        { tookMs: (_, { method, path }) => (method === "PUT" && path.includes("/manifests/v1") ? 9_000 : 0) },
        async ({ push, cancel, until, found, record, cloud, requests, expect }) => {
          const digest = push("one");
          await until(7);
          expect(requests("gar", "PUT") > 0 && found() === undefined, "the tag is not being put");
          expect((await cancel()) === "cancelled", "it is not taken down");
          await until(MINUTE_S);
          expect(found() === digest, "the tag is not put");
          expect(record()?.cancel === undefined, "it is still cancelled");
          const ends = [...cloud.receipts.values()].map(({ outcome }) => outcome).join();
          expect(ends === "replicated", `its receipts are ${ends}`);
        },
      ),
  },
  {
    name: "an operator who has seen an earlier copy does not cancel a later one",
    play: () =>
      cancelling(SLOW, async ({ push, cancel, until, found, record, expect }) => {
        push("one");
        await until(17);
        const seen = record()?.fence;
        await until(2 * MINUTE_S);
        const second = push("two");
        await until(2 * MINUTE_S + 20);
        expect((await cancel(seen)) === "another", "another copy is cancelled");
        await until(5 * MINUTE_S);
        expect(found() === second, "the second image is not copied");
      }),
  },
];
