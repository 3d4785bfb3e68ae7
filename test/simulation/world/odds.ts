import type { Odds, Outage, Service } from "./world.ts";

const MINUTE_MS = 60_000;
const KINDS = [
  "lostRequest",
  "lostAnswer",
  "lateEffect",
  "slow",
  "crash",
  "freeze",
  "busy",
  "broken",
  "body",
] as const satisfies readonly (keyof Odds)[];

/** Some seeds are calm, some are terrible, and some repeat one kind of fault again and again. */
export function drawOdds(random: () => number): Odds {
  const most = [0, 0.02, 0.05, 0.1][Math.floor(random() * 4)] ?? 0;
  const odds = {
    lostRequest: random() * most,
    lostAnswer: random() * most,
    lateEffect: random() * most,
    slow: random() * most * 2,
    crash: random() * most,
    freeze: random() * most * 0.3,
    busy: random() * most,
    broken: random() * most,
    body: random() * most,
  };
  const often = KINDS[Math.floor(random() * KINDS.length * 2)];
  return often === undefined ? odds : { ...odds, [often]: 0.1 + random() * 0.2 };
}

/** The outages of a seed. */
export interface Outages {
  readonly outages: readonly Outage[];
  /** The destination whose outage outlasts all other faults, if any. */
  readonly sick: Service | undefined;
}

/** Outages that a service can have, the common ones first. A source that denies access to a repository denies it permanently. */
const KINDS_OF_OUTAGE = {
  gar: ["unreachable", "failing", "forbidden"],
  hub: ["unreachable", "failing", "forbidden"],
  source: ["unreachable", "failing"],
  logins: ["unreachable", "forbidden"],
  table: ["unreachable"],
  queue: ["unreachable"],
} as const satisfies Partial<Record<Service, readonly Outage["kind"][]>>;
const SERVICES = ["gar", "hub", "table", "queue", "source", "logins"] as const;

/** In some seeds one service fails for a while; in others one destination fails for long beside a healthy one. */
export function drawOutages(random: () => number, pushesEnd: number, faultsEnd: number): Outages {
  const from = random() * pushesEnd;
  const draw = random();
  if (draw < 0.4) {
    const service = pick(SERVICES, random);
    const until = Math.min(from + 10_000 + random() * 2 * MINUTE_MS, faultsEnd);
    return { outages: [{ service, from, until, kind: pick(KINDS_OF_OUTAGE[service], random) }], sick: undefined };
  }
  if (draw < 0.6) {
    const service = random() < 0.5 ? "gar" : "hub";
    const kind = pick(["unreachable", "failing", "dripping", "forbidden"] as const, random);
    return { outages: [{ service, from: 0, until: faultsEnd + random() * 10 * MINUTE_MS, kind }], sick: service };
  }
  return { outages: [], sick: undefined };
}

function pick<T>(choices: readonly [T, ...T[]], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}
