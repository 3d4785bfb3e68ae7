import type { World } from "../world.ts";

export interface Message {
  readonly id: string;
  readonly body: string;
  /** Backfill: behind what was just pushed. */
  readonly priority: "live" | "backfill";
  receives: number;
  /** Shown from then on. */
  visibleAt: number;
}

/** Queues as SQS's are: at least once, in no order, hidden while somebody has it. */
export interface Queue {
  send(body: string, priority: Message["priority"]): void;
  /** Gives visible messages to `receive` whenever there are any; it says whether it takes one. */
  poll(receive: (message: Message) => boolean): void;
  /** Somebody can take messages again. */
  wake(): void;
  delete(id: string): void;
  show(id: string, afterMs: number): void;
  size(): number;
  /** Messages that wait to be taken. */
  waiting(priority: Message["priority"]): number;
}

/** How long a message is hidden while it is worked on. */
export const VISIBILITY_MS = 180_000;

/** @param name begins the ids of its messages. */
export function createQueue(world: World, name: string): Queue {
  const { time, random } = world;
  const messages = new Map<string, Message>();
  /** Visible messages that nobody had time for, in order. */
  const ready = { live: new Set<Message>(), backfill: new Set<Message>() };
  let receive: (message: Message) => boolean = () => false;
  let count = 0;

  function offer(message: Message): void {
    if (!messages.has(message.id) || message.visibleAt > time.now()) return;
    if (!receive(message)) return void ready[message.priority].add(message);
    ready[message.priority].delete(message);
    message.receives++;
    // Now and then a message is given to two at once.
    if (random() < world.odds().slow / 4) return void time.after(random() * 100, () => offer(message));
    hide(message, VISIBILITY_MS);
  }

  function hide(message: Message, ms: number): void {
    ready[message.priority].delete(message);
    message.visibleAt = time.now() + ms;
    time.after(ms, () => offer(message));
  }

  return {
    send(body, priority) {
      const message: Message = { id: `${name}-${count++}`, body, priority, receives: 0, visibleAt: time.now() };
      messages.set(message.id, message);
      time.after(random() * 200, () => offer(message));
    },
    poll(next) {
      receive = next;
    },
    wake() {
      const [next] = ready.live.size > 0 ? ready.live : ready.backfill;
      if (next !== undefined) offer(next);
    },
    delete(id) {
      const message = messages.get(id);
      if (message !== undefined) ready[message.priority].delete(message);
      messages.delete(id);
    },
    show(id, afterMs) {
      const message = messages.get(id);
      if (message !== undefined) hide(message, afterMs);
    },
    size: () => messages.size,
    waiting: (priority) => ready[priority].size,
  };
}
