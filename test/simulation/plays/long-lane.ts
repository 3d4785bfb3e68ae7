import { drainQueue } from "../../../functions/copy/drain-queue.ts";
import type { LongLaneQueue } from "../../../functions/copy/drain-queue.ts";
import { createHandler } from "../../../functions/copy/handler.ts";
import type { CopyDependencies, CopyQueues } from "../../../functions/copy/copy-dependencies.ts";
import type { Delivery } from "../../../src/contract/stack/delivery.ts";
import { seeded } from "../../fixtures/seeded.ts";
import { configurationOf, createCloud } from "../cloud/cloud.ts";
import type { Cloud } from "../cloud/cloud.ts";
import { copyDependencies, startCopyFunction } from "../cloud/copy-function.ts";
import { drawOdds } from "../world/odds.ts";
import { checkTheEnd, createTagGuard } from "../promises.ts";
import { createHistory, scheduleGarbage, schedulePushes } from "../pushes.ts";
import { createQueue, VISIBILITY_MS } from "../cloud/queue.ts";
import type { Message, Queue } from "../cloud/queue.ts";
import { scheduleProbe, scheduleReconcile } from "../cloud/scheduled-functions.ts";
import { createProcess } from "../world/process.ts";
import { createWorld } from "../world/world.ts";
import type { Process } from "../world/process.ts";

/** The result of one seed. */
export interface LongLanePlayed {
  readonly violations: readonly string[];
  /** Requests that functions handed over to the long lane. */
  readonly handedOver: number;
  readonly builds: number;
}

const MINUTE = 60_000;
const PUSHES_END = 1.5 * MINUTE;
const FAULTS_END = 8 * MINUTE;
const END = 120 * MINUTE;
/** Timeout of a build, in milliseconds: then it is killed. */
const BUILD_MS = 20 * MINUTE;
/** Rate of one upload: a function has 115 s, and the large layer needs 157 s. */
const BYTES_PER_MS = 80;
const HUGE = `layer huge ${"x".repeat(12 * 1024 * 1024)}`;
const configuration = configurationOf("gar", "hub");

/**
 * Plays one seed whose images share a layer too large for a function, with the usual pushes and faults. Functions hand requests
 * over, and builds drain the long queues, one build at a time, until they end or are killed.
 */
export async function simulateLongLane(seed: number): Promise<LongLanePlayed> {
  const random = seeded(seed);
  const world = createWorld(random, { odds: drawOdds(random), faultsEnd: FAULTS_END, isTraced: false });
  const deployment = { concurrency: 3, limitMs: 2 * MINUTE, uploadMs: 5_000 };
  const script = { bytesPerMs: () => BYTES_PER_MS };
  const cloud = createCloud(world, { configuration, deployment, isLenient: false, script });
  const history = createHistory();
  cloud.onTag = createTagGuard(cloud, history);
  const lane = createLane(cloud);
  startCopyFunction(cloud, undefined, (process) => ({ sendToLongLane: lane.handOver(process) }));
  schedulePushes(cloud, history, PUSHES_END, [HUGE]);
  scheduleGarbage(cloud, FAULTS_END);
  scheduleProbe(cloud, END / 2);
  for (let at = MINUTE; at < END; at += MINUTE) world.time.after(at, () => lane.startBuildIfNeeded());
  scheduleReconcile(cloud, END / 2, END);
  await world.time.run(END);
  checkTheEnd(cloud, history);
  for (const [name, queue] of lane.queues) {
    if (queue.size() > 0) world.violate("I5", `${queue.size()} messages are left in the long lane for ${name}`);
  }
  return { violations: world.violations, handedOver: lane.handedOver(), builds: lane.builds() };
}

/** The long queues, and the project whose builds drain them. */
function createLane(cloud: Cloud) {
  const { world, places } = cloud;
  const queues = new Map([...places.keys()].map((name) => [name, createQueue(world, `${name}-long`)] as const));
  let handedOver = 0;
  let builds = 0;
  let running: { readonly process: Process; isOver: boolean } | undefined;

  async function run(build: { readonly process: Process; isOver: boolean }): Promise<void> {
    const { process } = build;
    const endsAt = world.time.now() + BUILD_MS;
    world.time.after(BUILD_MS, () => process.kill());
    const signal = new AbortController().signal;
    const options = {
      handle: createHandler(buildDependencies(cloud, process, queues)),
      // A build is killed without notice.
      ending: signal,
      remainingMs: () => endsAt - world.time.now() - MINUTE,
      leastMs: 5 * MINUTE,
      renewal: {
        everyMs: VISIBILITY_MS / 3,
        sleep: (ms: number, signal: AbortSignal) => process.sleep(ms, signal),
        onFailed: () => undefined,
      },
    };
    await Promise.allSettled(
      [...queues].map(([name, queue]) => drainQueue(readBy(process, name, queue), options, signal)),
    );
    build.isOver = true;
  }

  return {
    queues,
    handedOver: () => handedOver,
    builds: () => builds,
    handOver: (process: Process): CopyQueues["sendToLongLane"] => {
      return (request, signal) => {
        const effect = (): void => {
          handedOver++;
          queues.get(request.destination)?.send(JSON.stringify(request), "backfill");
        };
        return process.call({ service: "queue", what: `hands over ${request.id}`, effect, failure, signal });
      };
    },
    /** Starts a build if messages wait, as the probe function does each minute: CodeBuild runs one build at a time. */
    startBuildIfNeeded(): void {
      const isBusy = running !== undefined && !running.isOver && running.process.isAlive();
      if (isBusy || [...queues.values()].every((queue) => queue.waiting("backfill") === 0)) return;
      running = { process: createProcess(world, `build-${builds++}`), isOver: false };
      void run(running);
    },
  };
}

const failure = (): Error => new Error("the queue is unreachable");

/** The dependencies of the copy function, without a long lane to hand over to. */
function buildDependencies(cloud: Cloud, process: Process, queues: ReadonlyMap<string, Queue>): CopyDependencies {
  const own = copyDependencies(cloud, process);
  return {
    ...own,
    runtime: { ...own.runtime, memoryMegabytes: "build" },
    copies: {
      ...own.copies,
      open(route) {
        const context = own.copies.open(route);
        return { ...context, uploads: { ...context.uploads, isLong: true } };
      },
    },
    queue: {
      ...own.queue,
      defer({ messageId, queueArn }, afterMs, signal) {
        const effect = (): void => queues.get(destinationOf(queueArn))?.changeVisibility(messageId, afterMs);
        return process.call({ service: "queue", what: `defers ${messageId}`, effect, failure, signal });
      },
    },
  };
}

/** A queue as a build reads it: with long polls of 20 s. */
function readBy(process: Process, destination: string, queue: Queue): LongLaneQueue {
  let take: ((message: Message) => void) | undefined;
  queue.poll((message) => {
    if (take === undefined || !process.isAlive()) return false;
    take(message);
    take = undefined;
    return true;
  });
  const call = (what: string, effect: () => void, signal: AbortSignal): Promise<void> =>
    process.call({ service: "queue", what, effect, failure, signal });
  return {
    receive(signal) {
      return new Promise<Delivery | undefined>((resolve, reject) => {
        const own = (message: Message): void => resolve(deliveryOf(message, destination));
        take = own;
        queue.wake();
        const end = (): void => {
          if (take === own) take = undefined;
          resolve(undefined);
        };
        process.sleep(20_000, signal).then(end, reject);
      });
    },
    renew: ({ messageId }, signal) =>
      call(`renews ${messageId}`, () => queue.changeVisibility(messageId, VISIBILITY_MS), signal),
    remove: ({ messageId }, signal) => call(`removes ${messageId}`, () => queue.delete(messageId), signal),
  };
}

function deliveryOf({ id, body, receives }: Message, destination: string): Delivery {
  return { messageId: id, body, receiptHandle: id, queueArn: `${destination} long`, receiveCount: receives + 1 };
}

function destinationOf(queueArn: string): string {
  return queueArn.split(" ")[0] ?? "";
}
