import { setTimeout as sleep } from "node:timers/promises";
import type { InvocationResult } from "../lambda/execution-environment.ts";
import type { BusEvent } from "./ecr-events.ts";

/** What can happen to an event on its way: ECR sends them best effort, EventBridge delivers at least once. */
export type Delivery = "once" | "twice" | "never";

export interface EventBusOptions {
  /** The rule's target. */
  readonly invoke: (event: BusEvent) => Promise<InvocationResult>;
  /** Decides each event's fate; `once` for all when not given. */
  readonly delivery?: ((event: BusEvent) => Delivery) | undefined;
  /** Told when an event was given up. */
  readonly onLost?: ((event: BusEvent) => void) | undefined;
}

export interface EventBus {
  /** Accepts an event; it is delivered later. */
  put(event: BusEvent): void;
  /** Gives up what is not delivered yet. */
  close(): Promise<void>;
}

/** Retries of one delivery and the first pause between them, which doubles. */
const RETRIES = 6;
const FIRST_PAUSE_MS = 200;

/** A bus with one rule, which matches what the stack's rule matches: pushes of ECR that succeeded. */
export function createEventBus({ invoke, delivery = () => "once", onLost }: EventBusOptions): EventBus {
  const closed = new AbortController();
  const running = new Set<Promise<void>>();

  async function deliver(event: BusEvent): Promise<void> {
    for (let tries = 0; tries <= RETRIES; tries++) {
      if ((await invoke(event)).kind === "returned" || closed.signal.aborted) return;
      await sleep(FIRST_PAUSE_MS * 2 ** tries, undefined, { signal: closed.signal }).catch(() => undefined);
    }
    onLost?.(event);
  }

  return {
    put(event) {
      if (closed.signal.aborted || !matchesRule(event)) return;
      const times = { once: 1, twice: 2, never: 0 }[delivery(event)];
      for (let count = 0; count < times; count++) {
        const delivering = deliver(event).finally(() => running.delete(delivering));
        running.add(delivering);
      }
    },
    async close() {
      closed.abort();
      await Promise.all(running);
    },
  };
}

/** The pattern of the stack's rule (`infra/`): source, types, action, result. */
function matchesRule(event: BusEvent): boolean {
  const isPush = event.detail["action-type"] === "PUSH" && event.detail["result"] === "SUCCESS";
  const type = event["detail-type"];
  return event.source === "aws.ecr" && isPush && (type === "ECR Image Action" || type === "ECR Referrer Action");
}
