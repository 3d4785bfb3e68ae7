import { setTimeout as sleep } from "node:timers/promises";
import type { Acceptance } from "../lambda/asynchronous-invocation.ts";
import type { BusEvent } from "./ecr-events.ts";
import { matchesPattern } from "./event-pattern.ts";
import type { EventPattern } from "./event-pattern.ts";

/**
 * How an event is delivered. ECR sends events on a best-effort basis; EventBridge delivers at least once and in no order. A `late`
 * event is delayed by {@link LATE_MS}, so that others overtake it.
 */
export type Delivery = "once" | "twice" | "late" | "never";

/** An event that the rule's target did not accept, and its last answer. */
export interface UndeliveredEvent {
  readonly event: BusEvent;
  readonly attempts: number;
  readonly refusal: Extract<Acceptance, { kind: "refused" }>;
}

export interface EventBusOptions {
  /** Events that the rule matches. */
  readonly pattern: EventPattern;
  /** The target of the rule. It accepts or refuses at once and processes the event later. */
  readonly target: (event: BusEvent) => Acceptance;
  /** Retries of one delivery, and the first pause, which doubles. EventBridge retries 185 times within a day. */
  readonly retries?: number;
  readonly firstPauseMs?: number;
  /** Decides how each event is delivered; `once` when undefined. */
  readonly delivery?: ((event: BusEvent) => Delivery) | undefined;
  /** Sends an undeliverable event to the rule's dead-letter queue. */
  readonly giveUp: (undelivered: UndeliveredEvent) => Promise<void>;
}

export interface EventBus {
  /** Accepts an event; it is delivered later. */
  put(event: BusEvent): void;
  /** Drops events that are not delivered yet. */
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
 * EventBridge user guide, "Retrying event delivery": retries when the target is throttled; when it does not exist, the event goes to
 * the dead-letter queue at once.
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
