import { NEVER } from "../../../src/async/abort.ts";
import {
  PAUSED_REPOSITORIES,
  pauseRepository,
  resumeRepository,
} from "../../../src/replication/holds/paused-repositories.ts";
import { configurationOf } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { storeOf } from "../cloud/ports.ts";
import { addImage } from "../cloud/registry.ts";
import { scheduleProbe, scheduleReconcile } from "../cloud/scheduled-functions.ts";
import type { Repairs } from "../cloud/scheduled-functions.ts";
import { play } from "./stage.ts";
import type { Scene, Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
const END_MS: number = 58 * MINUTE_MS;
const PUSHES = 20;

interface Paused extends Stage {
  /** Deliveries of messages so far. */
  readonly deliveries: () => number;
  readonly repairs: Repairs;
  /** Pushes an image. @param isHeard false: its event is lost. */
  readonly push: (repository: string, tag: string | undefined, isHeard?: boolean) => string;
  /** What the target's tags name. */
  readonly found: (repository: string) => ReadonlyMap<string, string>;
  readonly pause: () => Promise<unknown>;
  readonly resume: () => Promise<unknown>;
  /** Waits until so many minutes after the beginning. */
  readonly until: (minutes: number) => Promise<void>;
}

/** Plays a pause of the repository `app`, which shares the queues of one destination with `web`. */
function paused(comparesFrom: number, act: (stage: Paused) => Promise<void>): Promise<string[]> {
  const begin = async (stage: Stage): Promise<void> => {
    const { cloud, world, process } = stage;
    let deliveries = 0;
    startCopyFunction(cloud, () => deliveries++);
    scheduleProbe(cloud, END_MS);
    const repairs = scheduleReconcile(cloud, comparesFrom * MINUTE_MS, END_MS);
    const deliver = createFanOutFunction(cloud);
    const store = storeOf(process, cloud.pausedRepositories, "pauses");
    const targetOf = (repository: string) => cloud.places.get("gar")?.registry.repository(`p/r/${repository}`);
    await act({
      ...stage,
      repairs,
      deliveries: () => deliveries,
      push(repository, tag, isHeard = true) {
        const source = cloud.source.repository(repository);
        const layers = [`layer ${repository} ${tag} ${world.time.passed()}`];
        const { digest } = addImage(source, layers);
        if (tag !== undefined) source.tags.set(tag, digest);
        source.pushedAt.set(digest, world.time.now());
        const id = `e-${repository}-${tag}-${world.time.passed()}`;
        if (isHeard) deliver({ id, repository, tag, digest, at: world.time.now() });
        return digest;
      },
      found: (repository) => targetOf(repository)?.tags ?? new Map(),
      pause: () =>
        store.update(
          PAUSED_REPOSITORIES,
          (record) => pauseRepository(record, "app", { by: "ann", since: world.time.now() }),
          NEVER,
        ),
      resume: () => store.update(PAUSED_REPOSITORIES, (record) => resumeRepository(record, "app"), NEVER),
      until: (minutes) => process.sleep(minutes * MINUTE_MS - world.time.passed()),
    });
  };
  return play({}, begin, undefined, configurationOf("gar"));
}

const endsOf = ({ cloud }: Stage, repository: string): string[] =>
  [...cloud.receipts.values()].filter((receipt) => receipt.repository === repository).map(({ outcome }) => outcome);

/** Never again: comparisons that begin after the scene. */
const NEVER_COMPARED = 59;

/** A repository that an operator has paused: what waits, what goes on, and what arrives after it. */
export const PAUSE_SCENES: readonly Scene[] = [
  {
    name: "pushes of a paused repository wait without messages, delay no other repository, and arrive after the pause",
    play: () =>
      paused(NEVER_COMPARED, async (stage) => {
        const { cloud, push, found, pause, resume, until, deliveries, expect } = stage;
        await pause();
        for (let tag = 0; tag < PUSHES; tag++) push("app", `v${tag}`);
        push("web", "v1");
        await until(1);
        expect(found("web").size === 1, "the other repository waits, too");
        await until(40);
        expect(found("app").size === 0, "a tag of the paused repository is copied");
        expect(deliveries() === PUSHES + 1, `${deliveries()} deliveries for ${PUSHES + 1} pushes`);
        expect(cloud.places.get("gar")?.queue.size() === 0, "a message waits in a queue");
        expect(cloud.pending.size === PUSHES, `${cloud.pending.size} pushes are pending`);
        const late = cloud.announced.filter(({ type }) => type === "Late").length;
        expect(late === PUSHES, `${late} pushes are said to be late`);
        await resume();
        await until(43);
        expect(found("app").size === PUSHES, `${found("app").size} of ${PUSHES} tags arrive`);
        await until(50);
        expect(cloud.pending.size === 0, `${cloud.pending.size} pushes are pending after the pause`);
        expect(endsOf(stage, "app").join() === Array(PUSHES).fill("replicated").join(), "a push has another end");
        expect(deliveries() === 2 * PUSHES + 1, `${deliveries()} deliveries for ${PUSHES} pushes and a pause`);
        const attempts = [...cloud.tags.values()].filter(({ record }) => record.attempts + record.fence > 1).length;
        expect(attempts === 0, `${attempts} tags were tried more than once`);
      }),
  },
  {
    name: "comparisons and pre-copies do not go round the pause of a repository",
    play: () =>
      paused(5, async (stage) => {
        const { cloud, push, found, pause, resume, until, repairs, requests, expect } = stage;
        await pause();
        push("app", "unheard", false);
        push("app", undefined);
        await until(30);
        expect(repairs.asked === 0, `comparisons ask for ${repairs.asked} copies`);
        expect(requests("gar", "POST") + requests("gar", "PUT") === 0, "something is written to the target");
        await resume();
        await until(45);
        expect(found("app").has("unheard"), "the push without an event is not found after the pause");
        expect(cloud.dead.length === 0, "there is a dead letter");
      }),
  },
  {
    name: "a request of a comparison that meets a pause is asked for again after it, also one that failed before",
    play: () =>
      paused(12, async (stage) => {
        const { cloud, world, push, found, pause, resume, until, expect } = stage;
        await pause();
        for (const reference of ["asked", "failed"]) {
          const digest = push("app", reference, false);
          const request = { version: 1, id: reference, destination: "gar", repository: "app", reference, pushedAt: 1 };
          const asked = { digest, at: world.time.now() } as const;
          const last = { outcome: "failed", reason: "target-denied" } as const;
          const record = { fence: 0, attempts: 0, wantedAt: world.time.now() };
          const known = reference === "asked" ? { ...record, asked } : { ...record, last };
          cloud.tags.set(`gar/p/r/app:${reference}`, { version: 1, record: JSON.parse(JSON.stringify(known)) });
          cloud.places.get("gar")?.queue.send(JSON.stringify(request), "backfill");
        }
        await until(10);
        expect(found("app").size === 0, "a tag of the paused repository is copied");
        expect(cloud.places.get("gar")?.queue.size() === 0, "a message waits in a queue");
        await resume();
        await until(25);
        expect(found("app").size === 2, `${[...found("app").keys()].join()} arrive of two`);
      }),
  },
];
