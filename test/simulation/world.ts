import { createVirtualTime } from "./virtual-time.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How often calls go wrong, each a probability, as long as faults last. */
export interface Odds {
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly lateEffect: number;
  readonly slow: number;
  readonly crash: number;
}

export interface World {
  readonly time: VirtualTime;
  /** Uniform in [0, 1), from the seed. */
  readonly random: () => number;
  readonly trace: string[];
  /** What must never happen, and did. */
  readonly violations: string[];
  note(line: string): void;
  violate(invariant: string, what: string): void;
  /** The odds now; all is well after the last fault. */
  odds(): Odds;
}

/** A request may take effect this long after its client gave it up (assumption A1), in milliseconds. */
export const LATE_MS = 30_000;
/** How long a client waits for an answer that does not come. */
const TIMEOUT_MS = 10_000;
const CALM: Odds = { lostRequest: 0, lostAnswer: 0, lateEffect: 0, slow: 0, crash: 0 };

export function createWorld(random: () => number, odds: Odds, faultsEnd: number): World {
  const time = createVirtualTime();
  const trace: string[] = [];
  const violations: string[] = [];
  const note = (line: string): void => void trace.push(`${(time.now() / 1_000).toFixed(3).padStart(10)}  ${line}`);
  return {
    time,
    random,
    trace,
    violations,
    note,
    violate(invariant, what) {
      note(`VIOLATION ${invariant}: ${what}`);
      violations.push(`${invariant}: ${what}`);
    },
    odds: () => (time.now() < faultsEnd ? odds : CALM),
  };
}

/** A process that can die at any call: then nothing of it goes on, and nobody is told. */
export interface Process {
  readonly name: string;
  isAlive(): boolean;
  kill(): void;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls a service. */
  call<T>(call: Call<T>): Promise<T>;
}

export interface Call<T> {
  readonly what: string;
  /** What the call does at the other side. Undefined for an answer that is not possible any more. */
  readonly effect: () => T;
  /** What the client sees when no answer comes. */
  readonly failure: () => Error;
  readonly signal?: AbortSignal | undefined;
  /** Time it takes, at least, in milliseconds. */
  readonly tookMs?: number;
  /** A call that changes nothing can have no late effect. */
  readonly isRead?: boolean;
  /** Share of the odds that applies: there are many calls before the ones that matter most, and those must be reached. */
  readonly weight?: number;
}

type Fate = "well" | "lost-request" | "lost-answer" | "late" | "crash-before" | "crash-after";

export function createProcess(world: World, name: string): Process {
  const { time, random } = world;
  let alive = true;
  const dead = new Promise<never>(() => undefined);

  const kill = (): void => {
    if (alive) world.note(`${name} dies`);
    alive = false;
  };

  async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const cancel = time.after(ms, () => {
        signal?.removeEventListener("abort", stop);
        if (alive) resolve();
      });
      const stop = (): void => {
        cancel();
        if (alive) reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  async function call<T>({
    what,
    effect,
    failure,
    signal,
    tookMs = 0,
    isRead = false,
    weight = 1,
  }: Call<T>): Promise<T> {
    if (!alive) return dead;
    const fate = drawFate(world, isRead, weight);
    const slowMs = random() < world.odds().slow ? random() * 8_000 : 0;
    await sleep(1 + random() * 20 + tookMs + slowMs, signal).catch((error: unknown) => {
      // Given up by its client on the way: it may arrive all the same.
      if (!isRead && random() < 0.5) late(what, effect);
      throw error;
    });
    if (fate !== "well") {
      world.note(`${name} ${what}: ${fate}`);
      if (fate === "late") late(what, effect);
      if (fate === "lost-answer" || fate === "crash-after") effect();
      return fate.startsWith("crash") ? die() : timeOut();
    }
    world.note(`${name} ${what}`);
    const answer = effect();
    await sleep(1 + random() * 20, signal);
    return answer;

    async function timeOut(): Promise<never> {
      await sleep(TIMEOUT_MS, signal);
      throw failure();
    }
  }

  function late(what: string, effect: () => unknown): void {
    time.after(random() * LATE_MS, () => {
      world.note(`${name} ${what}: takes effect late`);
      effect();
    });
  }

  function die(): Promise<never> {
    kill();
    return dead;
  }

  return { name, isAlive: () => alive, kill, sleep, call };
}

function drawFate(world: World, isRead: boolean, weight: number): Fate {
  const { lostRequest, lostAnswer, lateEffect, crash } = world.odds();
  const draw = world.random() / weight;
  if (draw < lostRequest) return "lost-request";
  if (draw < lostRequest + lostAnswer) return isRead ? "lost-request" : "lost-answer";
  if (draw < lostRequest + lostAnswer + lateEffect) return isRead ? "lost-request" : "late";
  if (draw < lostRequest + lostAnswer + lateEffect + crash)
    return world.random() < 0.5 ? "crash-before" : "crash-after";
  return "well";
}
