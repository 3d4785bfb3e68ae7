import type { Clock } from "../../../src/async/clock.ts";
import type { Fate, Service, World } from "./world.ts";

/** A process that can die at any call: none of its code runs afterwards, and no caller gets an answer. */
export interface Process {
  readonly name: string;
  isAlive(): boolean;
  /** Alive, and not frozen recently: it knows what it holds. Any process may freeze between a check and the call it allows. */
  isAwake(): boolean;
  kill(): void;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** The time of this process: its timers pause while it is frozen, and never fire after its death. */
  readonly clock: Clock;
  /** Calls a service. */
  call<T>(call: Call<T>): Promise<T>;
}

export interface Call<T> {
  readonly service: Service;
  readonly what: string | (() => string);
  /** The effect of the call at the service. @returns the answer. */
  readonly effect: () => T;
  /** The error that the client sees when no answer comes. */
  readonly failure: () => Error;
  readonly signal?: AbortSignal | undefined;
  /** Minimum duration, in milliseconds. */
  readonly tookMs?: number;
  /** How long the client waits for an answer that does not come, in milliseconds. */
  readonly timeoutMs?: number;
  /** A call that changes nothing can have no late effect. */
  readonly isRead?: boolean;
  /**
   * The process does not freeze during the call (assumption A3): between a check and the call it allows, no process pauses for
   * longer than its lease. Only fencing at the registry could protect against that; the next delivery repairs the damage.
   */
  readonly isPrompt?: boolean;
  /** Share of the odds that applies: calls before the important ones are many, and must not end every copy early. */
  readonly weight?: number;
}

/** A request may take effect this long after its client gave up (assumption A1), in milliseconds. */
const LATE_MS = 30_000;
/** How long a client waits for an answer that does not come, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** How long a process stays frozen, in milliseconds: a lease expires after 45 s. */
const FREEZE_MS = { least: 30_000, more: 40_000 } as const;
/** A refused connection fails at once. */
const REFUSED_MS = 5;

export function createProcess(world: World, name: string): Process {
  const { time, random } = world;
  let alive = true;
  let calls = 0;
  /** Running calls during which the process must not freeze. */
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
    if (world.outage(request.service) === "unreachable") {
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

  /** The caller dies or times out; the call takes effect now, late or never. */
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

  /** Waits until the request arrives. A request that its client aborts may arrive nevertheless. */
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
    // Half of them are almost as late as possible: a short delay rarely breaks anything.
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
