import { NEVER } from "../../src/async/abort.ts";
import { cancelCopy } from "../../src/replication/holds/cancel-copy.ts";
import {
  PAUSED_REPOSITORIES,
  pauseRepository,
  resumeRepository,
} from "../../src/replication/holds/paused-repositories.ts";
import type { Cloud } from "./cloud/cloud.ts";
import { storeOf } from "./cloud/ports.ts";
import { createProcess } from "./world/process.ts";

const SECOND_MS = 1_000;
/** A pause lasts at most so long, in milliseconds: the promises of a healthy destination are checked after it. */
const PAUSE_MS: number = 300 * SECOND_MS;
/** From then on no copy begins: a process may have looked shortly before, then freeze, and its claim may take effect late; milliseconds. */
const KNOWN_AFTER_MS: number = 150 * SECOND_MS;
/** A call takes effect this late at most, in milliseconds. */
const LATE_MS: number = 60 * SECOND_MS;
const MOST_CANCELS = 6;

/** Operators pause repositories and cancel copies while everything else fails. @param random chance of its own. */
export function scheduleOperators(cloud: Cloud, end: number, random: () => number): void {
  if (random() < 0.5) schedulePause(cloud, end, random);
  const cancels = Math.floor(random() * MOST_CANCELS);
  for (let index = 0; index < cancels; index++) scheduleCancel(cloud, end, { random, index });
}

/** Pauses one of the repositories for a while, and checks that no copy of it begins meanwhile (I27). */
function schedulePause(cloud: Cloud, end: number, random: () => number): void {
  const { world } = cloud;
  const name = random() < 0.5 ? "app" : "web";
  const from = random() * end;
  const lengthMs = random() * PAUSE_MS;
  let calls = 0;
  const store = () => storeOf(createProcess(world, `operator-${calls++}`), cloud.pausedRepositories, "pauses");
  const by = { by: "ann", since: 0 };
  const isKnown = (): boolean => cloud.pausedRepositories.get(PAUSED_REPOSITORIES)?.record[name] !== undefined;
  let pausedAt = Infinity;
  cloud.onClaim = (key) => {
    const isOver = world.time.now() < pausedAt + KNOWN_AFTER_MS || !isKnown();
    if (!isOver && key.includes(`/${name}:`))
      world.violate("I27", `a copy of ${key} begins although ${name} is paused`);
  };
  world.time.after(from, () => {
    const pausing = store().update(PAUSED_REPOSITORIES, (record) => pauseRepository(record, name, by), NEVER);
    void pausing.then(
      () => (pausedAt = world.time.now()),
      () => undefined,
    );
  });
  const resume = (): void => {
    const resuming = store().update(PAUSED_REPOSITORIES, (record) => resumeRepository(record, name), NEVER);
    void resuming.catch(() => undefined);
  };
  world.time.after(from + lengthMs, resume);
  // No one else ends a pause: an operator looks again when all calls work, and when none can take effect late.
  world.time.after(from + PAUSE_MS + LATE_MS, resume);
}

interface Cancelling {
  readonly random: () => number;
  readonly index: number;
}

/** Cancels the copy of some tag, whatever it does then. */
function scheduleCancel(cloud: Cloud, end: number, { random, index }: Cancelling): void {
  const { world } = cloud;
  const process = createProcess(world, `canceller-${index}`);
  const pick = random();
  world.time.after(random() * end, () => {
    const keys = [...cloud.tags.keys()].filter((key) => /\/(?:app|web):v\d$/.test(key));
    const key = keys[Math.floor(pick * keys.length)];
    if (key === undefined) return;
    const note = (_before: unknown, after: { readonly cancel?: object | undefined }): void => {
      if (after.cancel !== undefined) cloud.cancelled.set(key, world.time.now());
    };
    const store = storeOf(process, cloud.tags, "tag", note);
    const by = { by: "ann", at: world.time.now() };
    void store.update(key, (record) => cancelCopy(record, by), NEVER).catch(() => undefined);
  });
}
