import { setTimeout as sleep } from "node:timers/promises";
import type { Acceptance } from "../lambda/asynchronous-invocation.ts";
import type { BusEvent } from "./ecr-events.ts";
import { matchesPattern } from "./event-pattern.ts";
import type { EventPattern } from "./event-pattern.ts";

/**
 * What can happen to an event on its way: ECR sends them at best effort, EventBridge delivers at least once and in no order. `late`
 * ones come after {@link LATE_MS}: others overtake them.
 */
export type Delivery = "once" | "twice" | "late" | "never";

/** An event that its rule's target did not accept, and what it answered last. */
export interface UndeliveredEvent {
  readonly event: BusEvent;
  readonly attempts: number;
  readonly refusal: Extract<Acceptance, { kind: "refused" }>;
}

export interface EventBusOptions {
  /** The one rule: which events it takes, */
  readonly pattern: EventPattern;
  /** and its target, which accepts events and works on them later. What becomes of an accepted event is not the bus's business. */
  readonly target: (event: BusEvent) => Acceptance;
  /** Retries of one delivery, and the first pause between them, which doubles. EventBridge: 185 within a day. */
  readonly retries?: number;
  readonly firstPauseMs?: number;
  /** Decides each event's fate; `once` for all when not given. */
  readonly delivery?: ((event: BusEvent) => Delivery) | undefined;
  /** The rule's dead-letter queue: gets what was given up. */
  readonly giveUp: (undelivered: UndeliveredEvent) => Promise<void>;
}

export interface EventBus {
  /** Accepts an event; it is delivered later. */
  put(event: BusEvent): void;
  /** Gives up what is not delivered yet. */
  close(): Promise<void>;
}

export const LATE_MS = 500;
const RETRIES = 6;
const FIRST_PAUSE_MS = 200;

/**
 * A bus of EventBridge with one rule, whose target is a Lambda function. EventBridge invokes functions asynchronously (AWS Lambda
 * developer guide, "Invoking a Lambda function asynchronously"): an event is delivered when Lambda has accepted it.
 */
export function createEventBus(options: EventBusOptions): EventBus {
  const { pattern, delivery = () => "once" } = options;
  const closed = new AbortController();
  const running = new Set<Promise<void>>();

  async function deliver(event: BusEvent, afterMs: number): Promise<void> {
    if (afterMs > 0) await waitOr(closed.signal, afterMs);
    await tryAll(event, options, closed.signal);
  }

  return {
    put(event) {
      if (closed.signal.aborted || !matchesPattern(event, pattern)) return;
      const fate = delivery(event);
      const times = { once: 1, twice: 2, late: 1, never: 0 }[fate];
      for (let count = 0; count < times; count++) {
        const delivering = deliver(event, fate === "late" ? LATE_MS : 0).finally(() => running.delete(delivering));
        running.add(delivering);
      }
    },
    async close() {
      closed.abort();
      await Promise.all(running);
    },
  };
}

/**
 * EventBridge user guide, "Retrying event delivery": a target that is busy is tried again; one that does not exist is not, its event
 * goes to the dead-letter queue at once.
 */
async function tryAll(
  event: BusEvent,
  { target, giveUp, retries = RETRIES, firstPauseMs = FIRST_PAUSE_MS }: EventBusOptions,
  closed: AbortSignal,
): Promise<void> {
  for (let attempts = 1; !closed.aborted; attempts++) {
    const answer = target(event);
    if (answer.kind === "accepted") return;
    if (answer.code === "NO_RESOURCE" || attempts > retries) return giveUp({ event, attempts, refusal: answer });
    await waitOr(closed, firstPauseMs * 2 ** (attempts - 1));
  }
}

async function waitOr(closed: AbortSignal, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: closed }).catch(() => undefined);
}
