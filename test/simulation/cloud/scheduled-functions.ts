import { createHandler as createProbeHandler } from "../../../functions/probe/handler.ts";
import { createHandler as createReconcileHandler } from "../../../functions/reconcile/handler.ts";
import { PROBE_REPOSITORY } from "../../../src/contract/stack/limits.ts";
import type { CopyRequest } from "../../../src/replication/planning/copy-request.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { probeWrites } from "../../../src/registry/write-probe.ts";
import { createRegistries } from "../../../src/wiring/registries.ts";
import type { Registries } from "../../../src/wiring/registries.ts";
import { createTargetInventory } from "../../../src/wiring/listings/target-inventory.ts";
import { catalogOf } from "./catalog.ts";
import { Metric } from "../../../src/contract/telemetry/metric-names.ts";
import { SILENT } from "./cloud.ts";
import type { Cloud, Place } from "./cloud.ts";
import { credentialsOf } from "./credentials.ts";
import { createNetwork } from "../http/network.ts";
import { announcerOf, pausesOf, pendingOf, receiptsOf, storeOf } from "./ports.ts";
import { createProcess } from "../world/process.ts";
import { NEVER } from "../../../src/async/abort.ts";
import type { Process } from "../world/process.ts";

const MINUTE_MS = 60_000;

/** What comparisons have requested. */
export interface Repairs {
  asked: number;
  missed: number;
  /** Tags whose deletion was held back, as the alarm counts them. */
  heldBack: number;
}

/** Invokes the probe function every minute until `end`. */
export function scheduleProbe(cloud: Cloud, end: number): void {
  const { world, configuration, deployment } = cloud;
  every(cloud, MINUTE_MS, 0, end, (process) => {
    const registries = registriesOf(cloud, process);
    const handle = createProbeHandler({
      configuration,
      circuits: storeOf(process, cloud.circuits, "circuit"),
      queuePauses: storeOf(process, cloud.queuePauses, "queue pause"),
      pauses: pausesOf(process, cloud.pausedRepositories),
      fullConcurrency: deployment.concurrency,
      now: () => world.time.now(),
      timeout: timeoutOf(cloud),
      observer: SILENT,
      pending: pendingOf(process, cloud.pending),
      imageBytes: () => Promise.resolve(1),
      announce: announcerOf(process, cloud.announced),
      resend: (requests, signal) => sendBackfill({ cloud, process, signal }, requests),
      async probe(name, signal) {
        const { destination } = placeOf(cloud, name);
        const repository = parseRepositoryName(`${destination.prefix}/${PROBE_REPOSITORY}`);
        await probeWrites(registries.destination(name)(repository), signal);
      },
      setQueueState: (name, state, signal) =>
        setQueueState({ cloud, process, signal }, name, state === "paused" ? 0 : state.concurrency),
    });
    return handle(NEVER);
  });
}

/** Invokes the reconcile function every five minutes from `from` until `end`. */
export function scheduleReconcile(cloud: Cloud, from: number, end: number): Repairs {
  const { world } = cloud;
  const repairs: Repairs = { asked: 0, missed: 0, heldBack: 0 };
  every(cloud, 5 * MINUTE_MS, from, end, async (process) => {
    const catalog = catalogOf(cloud, process);
    const feed = cloud.feed?.(process);
    const configuration = feed === undefined ? cloud.configuration : await feed.current(NEVER);
    const handle = createReconcileHandler({
      configuration,
      catalog,
      sourceTag: catalog.sourceTag,
      deletions: storeOf(process, cloud.deletions, "deletions"),
      receipts: receiptsOf(process, cloud.receipts),
      clock: process.clock,
      ...createTargetInventory(configuration.destinations, registriesOf(cloud, process), undefined),
      tags: storeOf(process, cloud.tags, "tag"),
      cycles: storeOf(process, cloud.cycles, "cycle"),
      backfills: storeOf(process, cloud.backfills, "backfill"),
      queuePauses: storeOf(process, cloud.queuePauses, "queue pause"),
      pauses: pausesOf(process, cloud.pausedRepositories),
      circuits: storeOf(process, cloud.circuits, "circuit"),
      send: (requests, signal) => sendBackfill({ cloud, process, signal }, requests),
      backlog: (name) => Promise.resolve(placeOf(cloud, name).queue.waiting("live")),
      resumeQueues: (name, signal) => setQueueState({ cloud, process, signal }, name, undefined),
      owner: process.name,
      now: () => world.time.now(),
      timeout: timeoutOf(cloud),
      observer: {
        ...SILENT,
        count: (metric, value) => void (repairs.heldBack += metric === Metric.deletesHeldBack ? value : 0),
      },
    });
    const report = await handle(4 * MINUTE_MS);
    repairs.asked += report.asked;
    repairs.missed += report.missed;
  });
  return repairs;
}

/** The registries as one process sees them. */
export function registriesOf(cloud: Cloud, process: Process): Registries {
  return createRegistries({
    configuration: cloud.configuration,
    connections: createNetwork(cloud, process),
    credentials: credentialsOf(cloud, process),
    clock: process.clock,
    random: cloud.world.random,
  });
}

/** Invokes a function at each tick, in a new environment. */
export function every(
  cloud: Cloud,
  ms: number,
  from: number,
  end: number,
  invoke: (process: Process) => Promise<unknown>,
): void {
  let invocations = 0;
  const tick = (): void => {
    const process = createProcess(cloud.world, `scheduled-${from}-${ms}-${invocations++}`);
    void invoke(process).catch((error: unknown) => cloud.world.note(`${process.name} throws ${String(error)}`));
    if (cloud.world.time.passed() + ms < end) cloud.world.time.after(ms, tick);
  };
  cloud.world.time.after(from, tick);
}

function placeOf({ places }: Cloud, name: string): Place {
  const place = places.get(name);
  if (place === undefined) throw new Error(`there is no destination ${name}`);
  return place;
}

/** Who calls, and until when. */
interface Caller {
  readonly cloud: Cloud;
  readonly process: Process;
  readonly signal: AbortSignal;
}

async function sendBackfill({ cloud, process, signal }: Caller, requests: readonly CopyRequest[]): Promise<void> {
  for (const request of requests) {
    const effect = (): void => placeOf(cloud, request.destination).queue.send(JSON.stringify(request), "backfill");
    const failure = (): Error => new Error("the queue is unreachable");
    const what = `asks for ${request.repository}:${request.reference} at ${request.destination}`;
    await process.call({ service: "queue", what, effect, failure, signal });
  }
}

function setQueueState(
  { cloud, process, signal }: Caller,
  name: string,
  concurrency: number | undefined,
): Promise<void> {
  const effect = (): void => {
    const place = placeOf(cloud, name);
    place.concurrency = concurrency ?? cloud.deployment.concurrency;
    for (let free = 0; free < place.concurrency; free++) place.queue.wake();
  };
  const failure = (): Error => new Error("Lambda is unreachable");
  const what = `sets the concurrency of ${name} to ${concurrency ?? "full"}`;
  return process.call({ service: "lambda", what, effect, failure, signal });
}

/** Signals that are aborted after some simulated time. */
export function timeoutOf({ world }: Cloud): (ms: number) => AbortSignal {
  return (ms) => {
    const abort = new AbortController();
    world.time.after(ms, () => abort.abort(new Error("out of time")));
    return abort.signal;
  };
}
