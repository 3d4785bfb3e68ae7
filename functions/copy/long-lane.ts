import { createLogging } from "../../src/aws/observer.ts";
import { StackEnvironment } from "../../src/contract/stack/environment.ts";
import type { Delivery } from "../../src/contract/stack/delivery.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { LONG_RESERVE_SECONDS, LONG_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { lazySecret } from "../../src/aws/secrets/lazy-secret.ts";
import { openTracing } from "../../src/tracing/open-tracing.ts";
import { systemClock } from "../../src/async/system-clock.ts";
import { observeCrashes } from "./crash-observer.ts";
import { drainQueue } from "./drain-queue.ts";
import { openCopier } from "./open-copier.ts";

// The long lane: a process in a build. It drains the long queues of all destinations concurrently, and ends.

/** A copy that starts with less time than this would most likely time out, in milliseconds. */
const LEAST_MS = 3_600_000;

const endsAt = Date.now() + (LONG_TIMEOUT_SECONDS - LONG_RESERVE_SECONDS) * 1_000;
const { FREIGHTLINER_STACK: stack } = StackEnvironment.parse(process.env);
const observer = observeCrashes(createLogging("copy", stack).observer, () => (process.exitCode = 1));
const tracing = await openTracing({
  service: "copy",
  stack,
  variables: process.env,
  readHeaders: lazySecret(process.env["FREIGHTLINER_TRACE_HEADERS_SECRET"]),
  observer,
});
const lane = { lane: "long", observer, tracer: tracing?.tracer } as const;
const { currentHandler, longQueues, visibilitySeconds } = await openCopier(process.env, lane);
const ending = AbortSignal.timeout(LONG_TIMEOUT_SECONDS * 1_000);
const options = {
  handle: async (delivery: Delivery, remainingMs: number) => (await currentHandler(ending))(delivery, remainingMs),
  remainingMs: () => endsAt - Date.now(),
  leastMs: LEAST_MS,
  ending,
  renewal: {
    everyMs: (visibilitySeconds * 1_000) / 3,
    sleep: systemClock.sleep,
    onFailed: ({ messageId }: Delivery, error: unknown) =>
      observer.warn("Visibility timeout could not be extended", { messageId, error: describeError(error) }),
  },
};

/** A failure of one destination does not stop the others. Its messages show again, and the next build handles them. */
const ends = await Promise.allSettled(
  longQueues.map((queue) => drainQueue(queue, options, AbortSignal.timeout(options.remainingMs()))),
);
for (const end of ends) {
  if (end.status === "fulfilled") continue;
  observer.error("Long queue could not be drained", { error: describeError(end.reason) });
  process.exitCode = 1;
}
await tracing?.flush();
// Idle connections would keep the build running, at a cost.
process.exit();
