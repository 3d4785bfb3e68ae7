import type { World } from "../world/world.ts";

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly priority: "live" | "backfill";
  receives: number;
  /** Visible from this moment on. */
  visibleAt: number;
}

/** A queue as in SQS: it delivers at least once and in no order, and hides a message while a consumer processes it. */
export interface Queue {
  /** @param delayMs the message is visible after so many milliseconds. */
  send(body: string, priority: Message["priority"], delayMs?: number): void;
  /** Sets the consumer: `receive` gets each message that becomes visible, and returns true when it accepts it. */
  poll(receive: (message: Message) => boolean): void;
  /** Offers the next message of each priority: the consumer has capacity again. */
  wake(): void;
  delete(id: string): void;
  changeVisibility(id: string, afterMs: number): void;
  size(): number;
  /** Visible messages that no consumer has accepted. */
  waiting(priority: Message["priority"]): number;
}

/** Visibility timeout of a received message, in milliseconds. */
export const VISIBILITY_MS = 180_000;

/** @param name prefix of the message ids. */
export function createQueue(world: World, name: string): Queue {
  const { time, random } = world;
  const messages = new Map<string, Message>();
  /** Visible messages that no consumer has accepted, in order. */
  const ready = { live: new Set<Message>(), backfill: new Set<Message>() };
  let receive: (message: Message) => boolean = () => false;
  let count = 0;

  function offer(message: Message): void {
    if (!messages.has(message.id) || message.visibleAt > time.now()) return;
    if (!receive(message)) return void ready[message.priority].add(message);
    ready[message.priority].delete(message);
    message.receives++;
    // Sometimes a message is delivered to two consumers at once.
    if (random() < world.odds().slow / 4) return void time.after(random() * 100, () => offer(message));
    hide(message, VISIBILITY_MS);
  }

  function hide(message: Message, ms: number): void {
    ready[message.priority].delete(message);
    message.visibleAt = time.now() + ms;
    time.after(ms, () => offer(message));
  }

  return {
    send(body, priority, delayMs = 0) {
      const visibleAt = time.now() + delayMs;
      const message: Message = { id: `${name}-${count++}`, body, priority, receives: 0, visibleAt };
      messages.set(message.id, message);
      time.after(delayMs + random() * 200, () => offer(message));
    },
    poll(next) {
      receive = next;
    },
    wake() {
      for (const [next] of [ready.live, ready.backfill]) if (next !== undefined) offer(next);
    },
    delete(id) {
      const message = messages.get(id);
      if (message !== undefined) ready[message.priority].delete(message);
      messages.delete(id);
    },
    changeVisibility(id, afterMs) {
      const message = messages.get(id);
      if (message !== undefined) hide(message, afterMs);
    },
    size: () => messages.size,
    waiting: (priority) => ready[priority].size,
  };
}
