import { createHandler } from "../../functions/copy/handler.ts";
import type { Delivery } from "../../functions/copy/handler.ts";
import { parseConfiguration } from "../../src/contract/configuration.ts";
import { COPY_LEASE_SECONDS } from "../../src/contract/limits.ts";
import type { Observer } from "../../src/contract/observer.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { Checkpoint } from "../../src/replication/checkpoint.ts";
import { createStreams } from "../../src/replication/streams.ts";
import type { TagRecord } from "../../src/replication/tag-record.ts";
import { sourceOf, storeOf, targetOf } from "./ports.ts";
import type { Table, Uploads } from "./ports.ts";
import type { Message, Queue } from "./queue.ts";
import type { Repository } from "./registry.ts";
import { createProcess } from "./world.ts";
import type { Process, World } from "./world.ts";

export const configuration = parseConfiguration({
  version: 1,
  source: { account: "123456789012", region: "eu-west-1" },
  destinations: [{ name: "gar", kind: "artifactRegistry", registry: "eu.gcr.io", prefix: "p" }],
  rules: [{ repositories: ["app"], destinations: ["gar"] }],
});

export const SILENT: Observer = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  count: () => undefined,
};

/** Everything that outlives an invocation. */
export interface Cloud {
  readonly world: World;
  readonly queue: Queue;
  readonly source: Repository;
  readonly target: Repository;
  readonly tags: Table<TagRecord>;
  readonly checkpoints: Table<Checkpoint>;
  readonly uploads: Uploads;
  /** Reasons of the messages in the dead-letter queue. */
  readonly dead: string[];
  readonly onTag: (tag: string, digest: Digest) => void;
}

/** Time an invocation has; it is killed at its end. */
const LIMIT_MS = 60_000;
/** Invocations at once. */
const CONCURRENCY = 3;

/** Runs the copy function on the queue, as Lambda does. */
export function startCopyFunction(cloud: Cloud): void {
  let running = 0;
  let invocations = 0;
  cloud.queue.poll((message) => {
    if (running >= CONCURRENCY) return false;
    running++;
    const process = createProcess(cloud.world, `copy-${invocations++}`);
    cloud.world.note(`${process.name} gets ${message.id} (${message.receives + 1}): ${message.body}`);
    void invoke(cloud, process, message);
    // Whatever becomes of it, the place is free again after its time; sooner when it ends.
    return true;
  });

  async function invoke(cloud: Cloud, process: Process, message: Message): Promise<void> {
    const { time } = cloud.world;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      running--;
    };
    const cancelLimit = time.after(LIMIT_MS, () => {
      process.kill();
      end();
    });
    const handle = createHandler({ configuration, observer: SILENT, ...wiring(cloud, process, message) });
    const delivery: Delivery = {
      messageId: message.id,
      body: message.body,
      receiptHandle: message.id,
      queueArn: "arn",
      receiveCount: message.receives + 1,
    };
    const fate = await handle(delivery, LIMIT_MS).catch((error: unknown) => {
      cloud.world.note(`${process.name} throws ${String(error)}`);
      return "thrown" as const;
    });
    cancelLimit();
    end();
    cloud.world.note(`${process.name} ends: ${fate}`);
    if (fate === "done" && cloud.world.random() >= cloud.world.odds().lostAnswer) cloud.queue.delete(message);
  }
}

function wiring(cloud: Cloud, process: Process, message: Message) {
  const { world, source, target, tags, checkpoints, uploads, queue, dead, onTag } = cloud;
  const streams = createStreams({ small: 4, big: 4, now: () => world.time.now() });
  const failure = (): Error => new Error("the queue cannot be reached");
  return {
    timeout(ms: number): AbortSignal {
      const abort = new AbortController();
      world.time.after(ms, () => abort.abort(new Error("out of time")));
      return abort.signal;
    },
    defer: (_delivery: Delivery, afterMs: number): Promise<void> =>
      process.call({ what: `defers ${message.id} by ${afterMs}`, effect: () => queue.show(message, afterMs), failure }),
    bury: (_delivery: Delivery, { reason }: { readonly reason: string }): Promise<void> =>
      process.call({ what: `buries ${message.id}: ${reason}`, effect: () => void dead.push(reason), failure }),
    open: () => ({
      source: sourceOf(process, source),
      target: targetOf({ world, process, repository: target, uploads, onTag }),
      tags: storeOf(process, tags, "tag"),
      checkpoints: storeOf(process, checkpoints, "checkpoint"),
      scope: "gar/p/app",
      message: message.id,
      owner: process.name,
      leaseMs: COPY_LEASE_SECONDS * 1_000,
      maxAttempts: 8,
      streams,
      presence: "ask" as const,
      referrers: false,
      sparse: "fail" as const,
      clock: { now: () => world.time.now(), sleep: (ms: number, signal: AbortSignal) => process.sleep(ms, signal) },
      random: world.random,
    }),
  };
}
