import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  FAN_OUT_TIMEOUT_SECONDS,
  PROBE_RATE_MINUTES,
  PROBE_TIMEOUT_SECONDS,
  RECONCILE_TIMEOUT_SECONDS,
} from "../../src/contract/stack/limits.ts";
import { PUSH_PATTERN } from "../../src/contract/stack/push-pattern.ts";
import { lockDirectory } from "./data-directory.ts";
import { createAccessKey } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { ecrPushEvent } from "../events/ecr-events.ts";
import { createEventBus } from "../events/event-bus.ts";
import type { EventBus, EventBusOptions } from "../events/event-bus.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../access/local-aws.ts";
import type { LocalQueue } from "../emulators/sqs.ts";
import { openUndeliveredEvents } from "../events/undelivered-events.ts";
import { createAsynchronousInvocation } from "../lambda/asynchronous-invocation.ts";
import { startEventSourceMapping } from "../lambda/event-source-mapping.ts";
import type { InvocationResult } from "../lambda/execution-environment.ts";
import { startFunction } from "../lambda/function.ts";
import type { LocalFunction } from "../lambda/function.ts";
import { startSchedule } from "../lambda/schedule.ts";
import { startRegistries } from "./registries.ts";
import type { FEDERATION, Registries, RegistriesOptions } from "./registries.ts";
import type { OnRegistryEvent, RegistryEvent } from "../registry/protocol/registry-event.ts";
import { BACKFILL_CONCURRENCY, MAPPINGS, startServices } from "./services.ts";
import type { GenericTarget, Services } from "./services.ts";

export interface StackOptions {
  /** Where state and blobs are kept; a temporary folder, removed at the end, when not given. */
  readonly directory?: string | undefined;
  readonly sourcePort?: number | undefined;
  readonly targetPort?: number | undefined;
  /** Copies at once. */
  readonly concurrency: number;
  /** Time limit of one copy. */
  readonly timeoutSeconds: number;
  /** Seconds a lease lasts without a heartbeat; the functions' own default when not given. */
  readonly leaseSeconds?: number | undefined;
  /** Wait before both sides are compared the first time, in milliseconds. */
  readonly reconcileAfterMs?: number | undefined;
  /** Another registry to replicate to, instead of the local target. */
  readonly target?: GenericTarget | undefined;
  /** Who the functions say they are at the target; who it trusts when not given. */
  readonly federation?: typeof FEDERATION | undefined;
  /** Says of a request whether the source finds its token too old. */
  readonly isSourceTokenExpired?: RegistriesOptions["isSourceTokenExpired"];
  /** Modules of the functions, by name: their sources when not given. */
  readonly entryOf?: ((name: string) => URL) | undefined;
  /** Decides what becomes of each push event; all are delivered once when not given. */
  readonly delivery?: EventBusOptions["delivery"];
  /** The address by which all clients reach a registry that listens at `host`; `host` when not given. */
  readonly addressOf?: RegistriesOptions["addressOf"];
  readonly onSource?: OnRegistryEvent | undefined;
  readonly onTarget?: OnRegistryEvent | undefined;
  /** A line of a function's log. */
  readonly onLog?: ((functionName: string, line: string) => void) | undefined;
}

/** The queues as people call them. */
const QUEUES = {
  live: "live",
  backfill: "backfill",
  long: "long",
  "dead-letters": "deadLetters",
  "undelivered-events": "undelivered",
} as const;

/** Everything running: two registries and the functions between them. */
export interface Stack extends Registries, AsyncDisposable {
  /** Queues by name: messages that wait, and messages that are being worked on. */
  depth(name: keyof typeof QUEUES): {
    readonly visible: number;
    readonly inFlight: number;
  };
  /** Kills every copy under way, as a crash would; their messages come again when their visibility ends. */
  killCopies(): Promise<void>;
  /** Builds of the long lane so far. */
  longLanes(): number;
  /** Kills the long lane's build under way; its message comes again when its visibility ends, and the probe starts another. */
  killLongLane(): Promise<void>;
  /** Compares both sides now, instead of at the next tick of the schedule; unless that was done within the last minute. */
  reconcile(): Promise<InvocationResult>;
  /** Looks after destinations that are away now. */
  probe(): Promise<InvocationResult>;
  /** Where the Lambda API is played, with the key that opens it: the way in for the freightliner command. */
  readonly lambdaEndpoint: string;
}

/** How often the reconcile function is called, in milliseconds. */
const RECONCILE_MS = 30_000;
/** Waits before Lambda's two retries, in milliseconds: shorter than its minutes, because people look on. */
const RETRY_PAUSES_MS = [1_000, 2_000];
/** Time running copies get to end when the stack is closed. */
const GRACE_MS = 500;

/** Starts Freightliner on this machine: the functions as they are deployed, between emulators and local registries. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using starting = new AsyncDisposableStack();
  const directory = await openDirectory(options.directory, starting);
  const key = createAccessKey();
  const pushed: { handle?: (event: RegistryEvent) => void } = {};
  const registries = await startRegistries(
    {
      directory,
      key,
      sourcePort: options.sourcePort,
      targetPort: options.targetPort,
      isSourceTokenExpired: options.isSourceTokenExpired,
      addressOf: options.addressOf,
      onSource(event) {
        pushed.handle?.(event);
        options.onSource?.(event);
      },
      onTarget: options.onTarget ?? (() => undefined),
    },
    starting,
  );
  const kept = options.directory === undefined ? undefined : directory;
  const services = await startServices(registries, { ...options, directory: kept, key }, starting);
  const functions = startFunctions(services, options, starting);
  startMappings(services, functions.copy, { ...options, key }, starting);
  startSchedules(functions, options, starting);
  const bus = startBus(services, functions.fanOut, { ...options, key }, starting);
  pushed.handle = (event) => {
    if (event.kind !== "manifest-stored") return;
    const origin = { id: randomUUID(), account: LOCAL_ACCOUNT, region: LOCAL_REGION, at: new Date() };
    bus.put(ecrPushEvent(event, origin));
  };
  const running = starting.move();
  return {
    ...registries,
    depth: (name) => services.sqs.depth(services[QUEUES[name]].name),
    longLanes: () => services.builds.started(),
    killLongLane: () => services.builds.kill(),
    killCopies: () => functions.copy.killAll(),
    reconcile: () => functions.reconcile.invoke({}),
    probe: () => functions.probe.invoke({}),
    lambdaEndpoint: services.lambdaEndpoint.replace("://", `://${key}@`),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function openDirectory(directory: string | undefined, stack: AsyncDisposableStack): Promise<string> {
  if (directory !== undefined) {
    await mkdir(directory, { recursive: true });
    stack.use(lockDirectory(directory));
    return directory;
  }
  const temporary = await mkdtemp(join(tmpdir(), "freightliner-"));
  stack.defer(() => rm(temporary, { recursive: true, force: true }));
  return temporary;
}

/** Who calls the services. */
interface Keyed {
  readonly key: AccessKeyId;
}

type Functions = Readonly<Record<"fanOut" | "copy" | "probe" | "reconcile", LocalFunction>>;

function startFunctions(services: Services, options: StackOptions, stack: AsyncDisposableStack): Functions {
  const start = (name: keyof Services["variables"], timeoutSeconds: number, most: number, isWarm: boolean) => {
    const definition = {
      name,
      environment: services.variables[name],
      entry: options.entryOf?.(name) ?? new URL(`../../functions/${name}/index.ts`, import.meta.url),
      timeoutMs: timeoutSeconds * 1_000,
      onLog: (line: string) => options.onLog?.(name, line),
    };
    const started = startFunction(definition, most, isWarm);
    stack.defer(() => started.close());
    return started;
  };
  return {
    fanOut: start("fan-out", FAN_OUT_TIMEOUT_SECONDS, 1, true),
    copy: start("copy", options.timeoutSeconds, options.concurrency + BACKFILL_CONCURRENCY, true),
    probe: start("probe", PROBE_TIMEOUT_SECONDS, 1, false),
    reconcile: start("reconcile", RECONCILE_TIMEOUT_SECONDS, 1, false),
  };
}

/** Brings push events to the fan-out function, and what does not get through to its queue. */
function startBus(
  services: Services,
  { invoke }: LocalFunction,
  { delivery, key }: StackOptions & Keyed,
  stack: AsyncDisposableStack,
): EventBus {
  const undelivered = stack.use(openUndeliveredEvents(services.sqs.endpoint, services.undelivered, key));
  const fanOut = createAsynchronousInvocation({
    functionArn: `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:fan-out`,
    invoke,
    pausesMs: RETRY_PAUSES_MS,
    onFailure: undelivered.keepFailure,
  });
  stack.defer(() => fanOut.close());
  const bus = createEventBus({
    pattern: PUSH_PATTERN,
    target: fanOut.accept,
    delivery,
    giveUp: undelivered.keepEvent,
  });
  stack.defer(() => bus.close());
  return bus;
}

/** Feeds the copy function from both of its queues. */
function startMappings(
  services: Services,
  copy: LocalFunction,
  options: StackOptions & Keyed,
  stack: AsyncDisposableStack,
): void {
  const { sqs, live, backfill, mappings } = services;
  const common = { endpoint: sqs.endpoint, key: options.key, invoke: copy.invoke, batchSize: 1 };
  const start = (id: string, queue: LocalQueue, maxConcurrency: number): void => {
    const mapping = startEventSourceMapping({ ...common, queue, maxConcurrency });
    mappings.set(id, { mapping, queueArn: queue.arn });
    stack.defer(() => mapping.close(GRACE_MS));
  };
  start(MAPPINGS.live, live, options.concurrency);
  start(MAPPINGS.backfill, backfill, BACKFILL_CONCURRENCY);
}

/** Calls the functions that look after the others, as the stack's schedules do. */
function startSchedules({ probe, reconcile }: Functions, options: StackOptions, stack: AsyncDisposableStack): void {
  const probeMs = PROBE_RATE_MINUTES * 60_000;
  stack.defer(startSchedule({ target: probe, firstMs: probeMs, everyMs: probeMs }));
  const firstMs = options.reconcileAfterMs ?? RECONCILE_MS;
  stack.defer(startSchedule({ target: reconcile, firstMs, everyMs: RECONCILE_MS }));
}
