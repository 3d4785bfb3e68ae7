import { createHandler } from "../../functions/copy/handler.ts";
import type { CopyDependencies, Delivery } from "../../functions/copy/handler.ts";
import { CIRCUIT, COPY_LEASE_SECONDS, RATE_BURST_MS, RATE_FIRST_PER_SECOND } from "../../src/contract/limits.ts";
import { createCircuitBreaker } from "../../src/replication/circuit-breaker.ts";
import { circuitPolicy } from "../../src/replication/circuit-policy.ts";
import type { Clock } from "../../src/oci/clock.ts";
import { createRateLimit } from "../../src/replication/rate-limit.ts";
import { createStreams } from "../../src/replication/streams.ts";
import { configuration, SILENT } from "./cloud.ts";
import type { Cloud } from "./cloud.ts";
import { receiptsOf, sourceOf, storeOf, targetOf, throttled } from "./ports.ts";
import type { Message } from "./queue.ts";
import { createProcess } from "./world.ts";
import type { Process } from "./world.ts";

/** An execution environment: warm between invocations, until it dies. */
interface Environment {
  readonly process: Process;
  readonly handle: ReturnType<typeof createHandler>;
}

/** Runs the copy function on the queue, as Lambda does: as many environments as there are messages, within the intake. */
export function startCopyFunction(cloud: Cloud, onDelivery: () => void = () => undefined): void {
  const warm: Environment[] = [];
  let running = 0;
  let environments = 0;

  cloud.queue.poll((message) => {
    if (running >= cloud.intake) return false;
    running++;
    onDelivery();
    const environment = warm.pop() ?? startEnvironment(cloud, `copy-${environments++}`);
    cloud.world.note(`${environment.process.name} gets ${message.id} (${message.receives + 1}): ${message.body}`);
    void invoke(environment, message);
    return true;
  });

  async function invoke(environment: Environment, message: Message): Promise<void> {
    const { process, handle } = environment;
    const { limitMs } = cloud.deployment;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      running--;
      if (process.isAlive()) warm.push(environment);
      cloud.queue.wake();
    };
    const cancelLimit = cloud.world.time.after(limitMs, () => {
      process.kill();
      end();
    });
    const fate = await handle(deliveryOf(message), limitMs).catch((error: unknown) => {
      cloud.world.note(`${process.name} throws ${String(error)}`);
      return "thrown" as const;
    });
    cancelLimit();
    cloud.world.note(`${process.name} ends: ${fate}`);
    if (fate === "done" && cloud.world.random() >= cloud.world.odds().lostAnswer) cloud.queue.delete(message.id);
    end();
  }
}

function deliveryOf({ id, body, receives, priority }: Message): Delivery {
  return { messageId: id, body, receiptHandle: id, queueArn: priority, receiveCount: receives + 1 };
}

export function startEnvironment(cloud: Cloud, name: string): Environment {
  const process = createProcess(cloud.world, name);
  return { process, handle: createHandler(wiring(cloud, process)) };
}

/** The function's index.ts, with the models for adapters. */
function wiring(cloud: Cloud, process: Process): CopyDependencies {
  const { world, queue, dead } = cloud;
  const now = (): number => world.time.now();
  const clock: Clock = {
    now,
    sleep: (ms, signal) => process.sleep(ms, signal),
    after: (ms, act) => world.time.after(ms, () => void (process.isAlive() && act())),
  };
  const failure = (): Error => new Error("the queue cannot be reached");
  const circuit = createCircuitBreaker({
    store: storeOf(process, cloud.circuits, "circuit"),
    key: "gar",
    policy: circuitPolicy({ ...CIRCUIT, window: { seconds: CIRCUIT.windowSeconds } }),
    now,
    random: world.random,
    onChange: (state) => world.note(`${process.name} sees the circuit ${state}`),
  });
  const open = openingOf(cloud, process, clock);
  return {
    configuration,
    observer: SILENT,
    memoryMegabytes: 1_769,
    now,
    timeout(ms) {
      const abort = new AbortController();
      world.time.after(ms, () => abort.abort(new Error("out of time")));
      return abort.signal;
    },
    circuit: () => circuit,
    receipts: receiptsOf(process, cloud.receipts),
    defer({ messageId }, afterMs) {
      const effect = (): void => queue.show(messageId, afterMs);
      return process.call({ service: "queue", what: `defers ${messageId} by ${afterMs}`, effect, failure });
    },
    bury({ messageId }, { reason }) {
      const effect = (): void => void dead.push(reason);
      return process.call({ service: "queue", what: `buries ${messageId}: ${reason}`, effect, failure });
    },
    open,
  };
}

function openingOf(cloud: Cloud, process: Process, clock: Clock): CopyDependencies["open"] {
  const { world, source, target, tags, checkpoints, uploads, isLenient } = cloud;
  const streams = createStreams({ small: 4, big: 4, now: () => clock.now() });
  const rate = createRateLimit({
    store: storeOf(process, cloud.rates, "rate"),
    key: "gar",
    policy: {
      first: RATE_FIRST_PER_SECOND,
      most: configuration.destinations[0]?.requestsPerSecond ?? 1,
      burstMs: RATE_BURST_MS,
    },
    clock,
    yields: false,
  });
  const written = targetOf({
    world,
    process,
    repository: target,
    uploads,
    isLenient,
    uploadMs: cloud.deployment.uploadMs,
    onTag: (tag, digest) => cloud.onTag(tag, digest),
    onRequest: () => cloud.onTargetRequest(),
  });
  let deliveries = 0;
  return ({ delivery }) => ({
    source: sourceOf(process, source),
    target: throttled(written, rate),
    tags: storeOf(process, tags, "tag"),
    checkpoints: storeOf(process, checkpoints, "checkpoint"),
    scope: "gar/p/app",
    message: delivery.messageId,
    owner: `${process.name}-${deliveries++}`,
    leaseMs: COPY_LEASE_SECONDS * 1_000,
    maxAttempts: 8,
    streams,
    presence: "ask",
    referrers: false,
    sparse: "fail",
    clock,
    random: world.random,
  });
}
