import { describe, expect, it } from "vitest";
import { observeCrashes } from "../../../functions/copy/crash-observer.ts";
import { drainQueue } from "../../../functions/copy/drain-queue.ts";
import type { DrainOptions, LongLaneQueue } from "../../../functions/copy/drain-queue.ts";
import type { Delivery } from "../../../src/contract/stack/delivery.ts";
import { Metric } from "../../../src/contract/telemetry/metric-names.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { createObserved } from "../observer.ts";

const never = new AbortController().signal;
const deliveryOf = (messageId: string): Delivery => ({
  messageId,
  body: "{}",
  receiptHandle: messageId,
  queueArn: "arn:aws:sqs:::long",
  receiveCount: 1,
});

/** A queue of messages, and what was done to each. */
function queueOf(...messages: string[]): LongLaneQueue & { readonly done: string[] } {
  const waiting = [...messages];
  const done: string[] = [];
  return {
    done,
    receive() {
      const next = waiting.shift();
      return Promise.resolve(next === undefined ? undefined : deliveryOf(next));
    },
    renew: ({ messageId }) => Promise.resolve(void done.push(`renewed ${messageId}`)),
    remove: ({ messageId }) => Promise.resolve(void done.push(`removed ${messageId}`)),
  };
}

function optionsOf(otherwise: Partial<DrainOptions> = {}): DrainOptions {
  return {
    handle: () => Promise.resolve("done"),
    remainingMs: () => 8 * 3_600_000,
    leastMs: 3_600_000,
    ending: never,
    renewal: {
      everyMs: 100_000,
      sleep: (_ms, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      onFailed: () => undefined,
    },
    ...otherwise,
  };
}

describe("a build of the long lane", () => {
  it("carries out queued requests one after another, removes finished ones, and ends when the queue stays empty", async () => {
    const queue = queueOf("one", "two");
    expect(await drainQueue(queue, optionsOf(), never)).toBe(2);
    expect(queue.done).toEqual(["removed one", "removed two"]);
  });

  it("leaves a deferred request on the queue", async () => {
    const queue = queueOf("one");
    expect(await drainQueue(queue, optionsOf({ handle: () => Promise.resolve("kept") }), never)).toBe(0);
    expect(queue.done).toEqual([]);
  });

  it("starts no copy when too little time is left, so that a new build has its full time for it", async () => {
    const queue = queueOf("one");
    expect(await drainQueue(queue, optionsOf({ remainingMs: () => 3_599_999 }), never)).toBe(0);
    expect(queue.done).toEqual([]);
  });

  it("hides a message while it works on it, also after a failed renewal, and no longer", async () => {
    const clock = createVirtualClock();
    const queue = queueOf("one");
    let renewals = 0;
    const unrenewed: string[] = [];
    const failing: LongLaneQueue = {
      ...queue,
      renew: (delivery, signal) =>
        ++renewals === 2 ? Promise.reject(new Error("away")) : queue.renew(delivery, signal),
    };
    const options = optionsOf({
      handle: async () => {
        await clock.sleep(450_000, never);
        return "done";
      },
      renewal: {
        everyMs: 100_000,
        sleep: clock.sleep,
        onFailed: ({ messageId }) => unrenewed.push(messageId),
      },
    });
    await clock.during(drainQueue(failing, options, never));
    expect(renewals).toBe(4);
    expect(unrenewed).toEqual(["one"]);
    expect(queue.done).toEqual(["renewed one", "renewed one", "renewed one", "removed one"]);
  });

  it("is notified of every crash of a copy, and of nothing else, so that it can end as failed", () => {
    const seen = createObserved();
    let crashes = 0;
    const observer = observeCrashes(seen, () => crashes++);
    observer.count(Metric.failed, 1, "gar");
    expect(crashes).toBe(0);
    observer.count(Metric.crashes, 1);
    expect(crashes).toBe(1);
    expect(seen.counts.map(({ metric }) => metric)).toEqual(["TagsFailed", "FunctionCrashes"]);
  });
});
