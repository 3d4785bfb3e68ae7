import { CANARY_RATE_MINUTES, INSPECT_RATE_MINUTES, PROBE_RATE_MINUTES } from "../../src/contract/stack/limits.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import { PUSH_PATTERN } from "../../src/contract/stack/push-pattern.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../access/local-aws.ts";
import type { LocalQueue } from "../emulators/sqs.ts";
import { createEventBus } from "../events/event-bus.ts";
import type { EventBus } from "../events/event-bus.ts";
import { openUndeliveredEvents } from "../events/undelivered-events.ts";
import { createAsynchronousInvocation } from "../lambda/asynchronous-invocation.ts";
import { startEventSourceMapping } from "../lambda/event-source-mapping.ts";
import type { LocalFunction } from "../lambda/function.ts";
import { startSchedule } from "../lambda/schedule.ts";
import { BACKFILL_CONCURRENCY, MAPPINGS, STACK } from "./local-names.ts";
import type { Functions } from "./functions.ts";
import type { Services } from "./services.ts";
import type { StackOptions } from "./stack-options.ts";

/** Interval between invocations of the reconcile function, in milliseconds. */
const RECONCILE_MS = 30_000;
/** Interval between sealings of receipts, in milliseconds. */
const SEAL_MS = 30_000;
/** Waits before Lambda's two retries, in milliseconds: shorter than Lambda's minutes, because the user watches. */
const RETRY_PAUSES_MS = [1_000, 2_000];
/** Time that running copies have to end when the stack is closed, in milliseconds. */
const GRACE_MS = 500;

/** Options with the key that the services accept. */
interface KeyedOptions extends StackOptions {
  readonly key: AccessKeyId;
}

/** Delivers push events to the fan-out function, and undelivered events to their queue. */
export function startBus(
  services: Services,
  { invoke }: LocalFunction,
  { delivery, key }: KeyedOptions,
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
  services.invocations.set(resourceName("function", "fan-out", STACK), fanOut.accept);
  const bus = createEventBus({
    pattern: PUSH_PATTERN,
    target: fanOut.accept,
    delivery,
    giveUp: undelivered.keepEvent,
  });
  stack.defer(() => bus.close());
  return bus;
}

/** Lets the jobs function be invoked without waiting for its end. */
function startJobInvocations(services: Services, { invoke }: LocalFunction, stack: AsyncDisposableStack): void {
  const name = resourceName("function", "jobs", STACK);
  const jobs = createAsynchronousInvocation({
    functionArn: `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:jobs`,
    invoke,
    pausesMs: RETRY_PAUSES_MS,
    onFailure: () => Promise.resolve(),
  });
  stack.defer(() => jobs.close());
  services.invocations.set(name, jobs.accept);
}

/** Feeds the copy function from the live and the backfill queue, the announce and notify functions from their queues, and the jobs function when it is invoked. */
export function startMappings(
  services: Services,
  { copy, announce, notify, jobs }: Pick<Functions, "copy" | "announce" | "notify" | "jobs">,
  options: KeyedOptions,
  stack: AsyncDisposableStack,
): void {
  startJobInvocations(services, jobs, stack);
  const { sqs, live, backfill, announcements, notifications, mappings } = services;
  const common = { endpoint: sqs.endpoint, key: options.key, invoke: copy.invoke, batchSize: 1 };
  const start = (id: string, queue: LocalQueue, maxConcurrency: number): void => {
    const mapping = startEventSourceMapping({ ...common, queue, maxConcurrency });
    mappings.set(id, { mapping, queueArn: queue.arn });
    stack.defer(() => mapping.close(GRACE_MS));
  };
  start(MAPPINGS.live, live, options.concurrency);
  start(MAPPINGS.backfill, backfill, BACKFILL_CONCURRENCY);
  for (const [queue, reader] of [
    [announcements, announce],
    [notifications, notify],
  ] as const) {
    if (reader === undefined) continue;
    const batch = { queue, invoke: reader.invoke, batchSize: 10, maxConcurrency: 1 };
    const reading = startEventSourceMapping({ ...common, ...batch });
    stack.defer(() => reading.close(GRACE_MS));
  }
}

/** Invokes the scheduled functions; the schedules of the probe, canary and inspect functions are those of the deployed stack. */
export function startSchedules(
  { probe, reconcile, seal, canary, inspect }: Functions,
  options: StackOptions,
  stack: AsyncDisposableStack,
): void {
  const probeMs = PROBE_RATE_MINUTES * 60_000;
  stack.defer(startSchedule({ target: probe, firstMs: probeMs, everyMs: probeMs }));
  if (canary !== undefined) {
    const everyMs = CANARY_RATE_MINUTES * 60_000;
    stack.defer(startSchedule({ target: canary, firstMs: options.canaryAfterMs ?? 0, everyMs }));
  }
  const inspectMs = INSPECT_RATE_MINUTES * 60_000;
  stack.defer(startSchedule({ target: inspect, firstMs: inspectMs, everyMs: inspectMs }));
  stack.defer(startSchedule({ target: seal, firstMs: SEAL_MS, everyMs: SEAL_MS }));
  const firstMs = options.reconcileAfterMs ?? RECONCILE_MS;
  stack.defer(startSchedule({ target: reconcile, firstMs, everyMs: RECONCILE_MS }));
}
