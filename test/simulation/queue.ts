import type { World } from "./world.ts";

export interface Message {
  readonly id: string;
  readonly body: string;
  receives: number;
  /** Shown from then on. */
  visibleAt: number;
}

/** A queue as SQS is: at least once, in no order, hidden while somebody has it. */
export interface Queue {
  send(body: string): void;
  /** Gives visible messages to `receive` whenever there are any. */
  poll(receive: (message: Message) => boolean): void;
  delete(message: Message): void;
  show(message: Message, afterMs: number): void;
  size(): number;
}

/** How long a message is hidden while it is worked on. */
export const VISIBILITY_MS = 180_000;

export function createQueue(world: World): Queue {
  const { time, random } = world;
  const messages = new Set<Message>();
  let receive: (message: Message) => boolean = () => false;
  let count = 0;

  function offer(message: Message): void {
    if (!messages.has(message) || message.visibleAt > time.now()) return;
    if (!receive(message)) return void time.after(500, () => offer(message));
    message.receives++;
    // Now and then a message is given to two at once.
    if (random() < world.odds().slow / 4) return void time.after(random() * 100, () => offer(message));
    hide(message, VISIBILITY_MS);
  }

  function hide(message: Message, ms: number): void {
    message.visibleAt = time.now() + ms;
    time.after(ms, () => offer(message));
  }

  return {
    send(body) {
      const message: Message = { id: `m${count++}`, body, receives: 0, visibleAt: time.now() };
      messages.add(message);
      time.after(random() * 200, () => offer(message));
    },
    poll(next) {
      receive = next;
    },
    delete: (message) => void messages.delete(message),
    show: (message, afterMs) => hide(message, afterMs),
    size: () => messages.size,
  };
}
