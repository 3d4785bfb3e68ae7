import type { Clock } from "../../src/async/clock.ts";
import { createVirtualTime } from "../fixtures/clocks/virtual-time.ts";
import type { VirtualTime } from "../fixtures/clocks/virtual-time.ts";

/** How often calls go wrong, each a probability, as long as faults last. */
export interface Odds {
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly lateEffect: number;
  readonly slow: number;
  readonly crash: number;
  /** Nothing of a process moves for a while, its timers neither: longer than its leases. */
  readonly freeze: number;
  /** A registry says that it is busy (429, 503), and does nothing. */
  readonly busy: number;
  /** A registry, or what stands before it, fails (500, 502, 504), before or after it did what it was asked. */
  readonly broken: number;
  /** The body of an answer ends early, falls silent or drips. */
  readonly body: number;
}

export const DESTINATIONS = ["gar", "hub", "hub2", "hub3"] as const;
export type DestinationName = (typeof DESTINATIONS)[number];

/** What a process can call: the registries (destinations by their names), logins, and what AWS has. */
export type Service = DestinationName | "source" | "logins" | "table" | "queue" | "lambda";

/** A service that is not itself for a while (milliseconds since the beginning). */
export interface Outage {
  readonly service: Service;
  readonly from: number;
  readonly until: number;
  /** Refuses connections, answers nothing but 403 (gives no login) or 500, or drips. */
  readonly kind: "away" | "forbidden" | "broken" | "drips";
}

export interface World {
  readonly time: VirtualTime;
  /** Uniform in [0, 1), from the seed. */
  readonly random: () => number;
  readonly trace: string[];
  /** What must never happen, and did. */
  readonly violations: string[];
  note(line: string | (() => string)): void;
  violate(invariant: string, what: string): void;
  readonly outages: Outage[];
  decide: ((process: string, call: number) => Fate | undefined) | undefined;
  /** The odds now; all is well after the last fault. */
  odds(): Odds;
  /** What a service suffers from now. */
  outage(service: Service): Outage["kind"] | undefined;
}

/** A request may take effect this long after its client gave it up (assumption A1), in milliseconds. */
export const LATE_MS = 30_000;
/** How long a client waits for an answer that does not come. */
const TIMEOUT_MS = 10_000;
export const CALM: Odds = {
  lostRequest: 0,
  lostAnswer: 0,
  lateEffect: 0,
  slow: 0,
  crash: 0,
  freeze: 0,
  busy: 0,
  broken: 0,
  body: 0,
};
/** How long a frozen process stays so, in milliseconds: a lease ends after 45 s. */
const FREEZE_MS = { least: 30_000, more: 40_000 } as const;
/** An outage is noticed at once. */
const REFUSED_MS = 5;

export interface WorldOptions {
  /** Probabilities of what goes wrong until the last fault. */
  readonly odds: Odds;
  readonly faultsEnd: number;
  /** Keep what happens, line by line. */
  readonly isTraced?: boolean;
  /** Decides what becomes of the call of a process, by their number; undefined leaves it to the odds. */
  readonly decide?: ((process: string, call: number) => Fate | undefined) | undefined;
}

export function createWorld(random: () => number, options: WorldOptions): World {
  const { odds, faultsEnd, isTraced = true, decide } = options;
  const time = createVirtualTime();
  const trace: string[] = [];
  const violations: string[] = [];
  const outages: Outage[] = [];
  const note: World["note"] = (line) => {
    if (!isTraced) return;
    const text = typeof line === "string" ? line : line();
    trace.push(`${(time.passed() / 1_000).toFixed(3).padStart(10)}  ${text}`);
  };
  return {
    time,
    random,
    trace,
    violations,
    outages,
    decide,
    note,
    violate(invariant, what) {
      note(`VIOLATION ${invariant}: ${what}`);
      violations.push(`${invariant}: ${what}`);
    },
    odds: () => (time.passed() < faultsEnd ? odds : CALM),
    outage(service) {
      const now = time.passed();
      return outages.find((outage) => outage.service === service && outage.from <= now && now < outage.until)?.kind;
    },
  };
}

/** A process that can die at any call: then nothing of it goes on, and nobody is told. */
export interface Process {
  readonly name: string;
  isAlive(): boolean;
  /** Alive, and not frozen a while ago: it knows what it holds. Between a check and what it allows, any process may freeze. */
  isAwake(): boolean;
  kill(): void;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Time as this process has it: its timers stand still while it is frozen, and end with it. */
  readonly clock: Clock;
  /** Calls a service. */
  call<T>(call: Call<T>): Promise<T>;
}

export interface Call<T> {
  readonly service: Service;
  readonly what: string | (() => string);
  /** What the call does at the other side. Undefined for an answer that is not possible any more. */
  readonly effect: () => T;
  /** What the client sees when no answer comes. */
  readonly failure: () => Error;
  readonly signal?: AbortSignal | undefined;
  /** Time it takes, at least, in milliseconds. */
  readonly tookMs?: number;
  /** How long an answer that does not come is waited for, in milliseconds. */
  readonly timeoutMs?: number;
  /** A call that changes nothing can have no late effect. */
  readonly isRead?: boolean;
  /**
   * No freeze falls into it (assumption A4): between a check and the call it allows no process stands still for longer than
   * its lease. Nothing but a fence at the registry could help against that; what it breaks is repaired by the next delivery.
   */
  readonly isPrompt?: boolean;
  /** Share of the odds that applies: there are many calls before the ones that matter most, and those must be reached. */
  readonly weight?: number;
}

/** What becomes of a call. */
export type Fate = "well" | "freeze" | "lost-request" | "lost-answer" | "late" | "crash-before" | "crash-after";

export function createProcess(world: World, name: string): Process {
  const { time, random } = world;
  let alive = true;
  let calls = 0;
  /** Calls under way into which no freeze may fall. */
  let prompt = 0;
  let frozenUntil = -LATE_MS;
  const dead = new Promise<never>(() => undefined);

  const kill = (): void => {
    if (alive) world.note(`${name} dies`);
    alive = false;
  };

  function after(ms: number, act: () => void): () => void {
    let cancel = time.after(ms, function wake() {
      if (time.now() < frozenUntil) cancel = time.after(frozenUntil - time.now(), wake);
      else if (alive) act();
    });
    return () => cancel();
  }

  async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const cancel = after(ms, () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      });
      const stop = (): void => {
        if (time.now() < frozenUntil) return;
        cancel();
        if (alive) reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  async function call<T>(request: Call<T>): Promise<T> {
    if (!alive) return dead;
    const { what, effect, failure, signal } = request;
    if (world.outage(request.service) === "away") {
      await sleep(REFUSED_MS, signal);
      throw failure();
    }
    const decided = world.decide?.(name, calls++);
    const fate = decided ?? drawFate(world, request.isRead === true, request.weight ?? 1);
    if (fate === "freeze" && request.isPrompt !== true && prompt === 0) freeze();
    prompt += Number(request.isPrompt === true);
    await onTheWay(request).finally(() => (prompt -= Number(request.isPrompt === true)));
    if (fate !== "well" && fate !== "freeze") return spoil(fate, request);
    world.note(() => `${name} ${textOf(what)}`);
    const answer = effect();
    await sleep(1 + random() * 20, signal);
    return answer;
  }

  /** The caller dies, or waits for an answer in vain; the call takes effect, now or late, or never. */
  async function spoil<T>(
    fate: Exclude<Fate, "well" | "freeze">,
    { what, effect, failure, signal, timeoutMs = TIMEOUT_MS }: Call<T>,
  ): Promise<T> {
    world.note(() => `${name} ${textOf(what)}: ${fate}`);
    if (fate === "late") late(what, effect);
    if (fate === "lost-answer" || fate === "crash-after") effect();
    if (fate.startsWith("crash")) return die();
    await sleep(timeoutMs, signal);
    throw failure();
  }

  /** The time until a request arrives. Given up by its client on the way, it may arrive all the same. */
  async function onTheWay<T>({ what, effect, signal, tookMs = 0, isRead = false }: Call<T>): Promise<void> {
    const slowMs = random() < world.odds().slow ? random() * 8_000 : 0;
    await sleep(1 + random() * 20 + tookMs + slowMs, signal).catch((error: unknown) => {
      if (!isRead && random() < 0.5) late(what, effect);
      throw error;
    });
  }

  function freeze(): void {
    frozenUntil = time.now() + FREEZE_MS.least + random() * FREEZE_MS.more;
    world.note(`${name} freezes`);
  }

  function late(what: Call<unknown>["what"], effect: () => unknown): void {
    // Often as late as can be: what is late by a little harms nobody.
    time.after(LATE_MS * (random() < 0.5 ? random() : 1 - random() / 5), () => {
      world.note(() => `${name} ${textOf(what)}: takes effect late`);
      effect();
    });
  }

  function die(): Promise<never> {
    kill();
    return dead;
  }

  const isAwake = (): boolean => alive && time.now() >= frozenUntil + LATE_MS;
  const clock: Clock = { now: () => time.now(), sleep, after };
  return { name, isAlive: () => alive, isAwake, kill, sleep, clock, call };
}

function textOf(what: Call<unknown>["what"]): string {
  return typeof what === "string" ? what : what();
}

function drawFate(world: World, isRead: boolean, weight: number): Fate {
  const { lostRequest, lostAnswer, lateEffect, crash, freeze } = world.odds();
  const draw = world.random() / weight;
  if (draw < lostRequest) return "lost-request";
  if (draw < lostRequest + lostAnswer) return isRead ? "lost-request" : "lost-answer";
  if (draw < lostRequest + lostAnswer + lateEffect) return isRead ? "lost-request" : "late";
  if (draw < lostRequest + lostAnswer + lateEffect + crash)
    return world.random() < 0.5 ? "crash-before" : "crash-after";
  if (draw < lostRequest + lostAnswer + lateEffect + crash + freeze) return "freeze";
  return "well";
}
