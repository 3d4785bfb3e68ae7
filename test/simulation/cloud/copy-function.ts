import { createHandler } from "../../../functions/copy/handler.ts";
import type { CopyDependencies, CopyQueues } from "../../../functions/copy/copy-dependencies.ts";
import type { Delivery } from "../../../src/contract/stack/delivery.ts";
import type { Observer } from "../../../src/contract/telemetry/observer.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import { readRequestMessage } from "../../../src/replication/planning/request-message.ts";
import { createUploadConcurrency } from "../../../src/replication/pacing/upload-concurrency.ts";
import { createCopyWiring } from "../../../src/wiring/copy-wiring.ts";
import type { CopyWiring } from "../../../src/wiring/copy-wiring.ts";
import { createRegistries } from "../../../src/wiring/registries.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { perConfiguration } from "../../../src/reload/configuration-feed.ts";
import { SILENT } from "./cloud.ts";
import type { Cloud, Place } from "./cloud.ts";
import { catalogOf } from "./catalog.ts";
import { credentialsOf } from "./credentials.ts";
import { NO_GATES } from "../../fixtures/fact-source.ts";
import { createSignatureVerifier } from "../../../src/signatures/signature-verifier.ts";
import { createNetwork } from "../http/network.ts";
import { announcerOf, pausesOf, pendingOf, receiptsOf, storeOf } from "./ports.ts";
import type { Message } from "./queue.ts";
import { createProcess } from "../world/process.ts";
import type { Process } from "../world/process.ts";

/** An execution environment: warm between invocations, until it dies. */
interface Environment {
  readonly process: Process;
  readonly handle: ReturnType<typeof createHandler>;
}

/** Runs the copy function on the queue of each destination, as Lambda does: one environment for each message, within the queues' concurrency. */
export function startCopyFunction(
  cloud: Cloud,
  onDelivery: () => void = () => undefined,
  more: (process: Process) => Partial<CopyQueues> = () => ({}),
): void {
  const warm: Environment[] = [];
  let environments = 0;
  for (const place of cloud.places.values()) poll(place);

  function poll(place: Place): void {
    const running = { live: 0, backfill: 0 };
    place.queue.poll((message) => {
      const { priority } = message;
      // Each queue has an event source mapping of its own.
      const limit = priority === "live" ? place.concurrency : Math.ceil(place.concurrency / 2);
      if (running[priority] >= limit) return false;
      running[priority]++;
      onDelivery();
      const environment = warm.pop() ?? startEnvironment(cloud, `copy-${environments++}`, more);
      cloud.world.note(`${environment.process.name} gets ${message.id} (${message.receives + 1}): ${message.body}`);
      void invoke(environment, message, place, () => running[priority]--);
      return true;
    });
  }

  async function invoke(
    environment: Environment,
    message: Message,
    { queue, destination }: Place,
    free: () => void,
  ): Promise<void> {
    const { process, handle } = environment;
    const { limitMs } = cloud.deployment;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      free();
      if (process.isAlive()) warm.push(environment);
      queue.wake();
    };
    const cancelLimit = cloud.world.time.after(limitMs, () => {
      process.kill();
      end();
    });
    const isPreCopy = readRequestMessage(message.body).kind === "pre-copy";
    if (isPreCopy) cloud.preCopying.add(process);
    const fate = await handle(deliveryOf(message, destination.name), limitMs).catch((error: unknown) => {
      cloud.world.note(`${process.name} throws ${String(error)}`);
      return "thrown" as const;
    });
    cancelLimit();
    cloud.preCopying.delete(process);
    if (isPreCopy && fate !== "done") cloud.world.violate("I18", `the pre-copy ${message.body} is ${fate}`);
    cloud.world.note(`${process.name} ends: ${fate}`);
    if (fate === "done" && cloud.world.random() >= cloud.world.odds().lostAnswer) queue.delete(message.id);
    end();
  }
}

function deliveryOf({ id, body, receives, priority }: Message, destination: string): Delivery {
  return {
    messageId: id,
    body,
    receiptHandle: id,
    queueArn: `${destination} ${priority}`,
    receiveCount: receives + 1,
  };
}

export function startEnvironment(
  cloud: Cloud,
  name: string,
  more: (process: Process) => Partial<CopyQueues> = () => ({}),
): Environment {
  const process = createProcess(cloud.world, name);
  const handlerOf = perConfiguration((configuration) => {
    const own = copyDependencies({ ...cloud, configuration }, process);
    return createHandler({ ...own, queue: { ...own.queue, ...more(process) } });
  });
  const feed = cloud.feed?.(process);
  if (feed === undefined) return { process, handle: handlerOf(cloud.configuration) };
  return { process, handle: async (...given) => handlerOf(await feed.current(NEVER))(...given) };
}

/** What the function's index.ts wires, with models in place of the adapters. */
export function copyDependencies(cloud: Cloud, process: Process): CopyDependencies {
  const { world, dead, configuration } = cloud;
  const { clock } = process;
  const failure = (): Error => new Error("the queue cannot be reached");
  const wiring = copyWiring(cloud, process);
  return {
    configuration,
    observer: observerOf(cloud, process),
    runtime: {
      now: clock.now,
      timeout(ms) {
        const abort = new AbortController();
        world.time.after(ms, () => abort.abort(new Error("out of time")));
        return abort.signal;
      },
      random: world.random,
      memoryMegabytes: 1_769,
    },
    queue: {
      priority: ({ queueArn }) => (queueArn.endsWith(" live") ? "live" : "backfill"),
      serves: ({ queueArn }, destination) => queueArn.split(" ")[0] === destination,
      defer({ messageId, queueArn }, afterMs, signal) {
        const effect = (): void =>
          cloud.places.get(queueArn.split(" ")[0] ?? "")?.queue.changeVisibility(messageId, afterMs);
        return process.call({ service: "queue", what: `defers ${messageId} by ${afterMs}`, effect, failure, signal });
      },
      announce: announcerOf(process, cloud.announced),
      sendToDeadLetters({ messageId }, { reason }, signal) {
        const effect = (): void => void dead.push(reason);
        return process.call({ service: "queue", what: `buries ${messageId}: ${reason}`, effect, failure, signal });
      },
    },
    copies: {
      open({ delivery, ...route }) {
        const priority = delivery.queueArn.endsWith(" live") ? "live" : "backfill";
        return wiring.open({ ...route, priority, message: delivery.messageId });
      },
      circuit: (destination) => wiring.circuit(destination),
      pauses: pausesOf(process, cloud.pausedRepositories),
      receipts: receiptsOf(process, cloud.receipts),
      pending: pendingOf(process, cloud.pending),
      images: storeOf(process, cloud.images, "image"),
      factSource: {
        ...catalogOf(cloud, process),
        manifest: (repository, reference, signal) => wiring.source(repository).readManifest(reference, signal),
      },
      preCopyBudgets: storeOf(process, cloud.preCopyBudgets, "budget"),
      gatePorts: { verifier: createSignatureVerifier(), readScan: NO_GATES.readScan },
    },
  };
}

/** Sources, targets and circuits of one process, wired as in production. */
export function copyWiring(cloud: Cloud, process: Process): CopyWiring {
  const { world, configuration, tags, checkpoints, circuits, rates } = cloud;
  const { clock } = process;
  const streams = createUploadConcurrency({ small: 4, big: 4, now: clock.now });
  let deliveries = 0;
  return createCopyWiring({
    configuration,
    registries: createRegistries({
      configuration,
      connections: createNetwork(cloud, process),
      credentials: credentialsOf(cloud, process),
      onBusy: () => streams.backOff(),
      clock,
      random: world.random,
    }),
    stores: {
      tags: storeOf(process, tags, "tag", leaseGuard(cloud, process)),
      checkpoints: storeOf(process, checkpoints, "checkpoint"),
      circuits: storeOf(process, circuits, "circuit"),
      rates: storeOf(process, rates, "rate"),
    },
    streams,
    clock,
    random: world.random,
    createOwner: () => `${process.name}-${deliveries++}`,
    observer: observerOf(cloud, process),
  });
}

/** Warnings and errors of a process go to the timeline. */
function observerOf({ world }: Cloud, process: Process): Observer {
  const log = (message: string, about?: object): void =>
    world.note(() => `${process.name} logs: ${message} ${JSON.stringify(about ?? {})}`);
  return { ...SILENT, warn: log, error: log };
}

/** A process takes and renews leases only in its own name (I15). */
function leaseGuard(
  cloud: Cloud,
  { name }: Process,
): (before: TagRecord | undefined, after: TagRecord, key: string) => void {
  return (before, { lease, fence }, key) => {
    if (lease === undefined || lease.until === before?.lease?.until) return;
    if (fence !== before?.fence) cloud.onClaim(key);
    if (!lease.owner.startsWith(`${name}-`)) cloud.world.violate("I15", `${name} renews the lease of ${lease.owner}`);
  };
}
