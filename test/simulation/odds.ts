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

/** Some seeds are calm, some are terrible, and in some one thing goes wrong again and again. */
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

/** What a seed suffers from beside its odds. */
export interface Suffering {
  readonly outages: readonly Outage[];
  /** The destination that is sick for longer than all faults last, if any. */
  readonly sick: Service | undefined;
}

/** In which ways a service suffers, the usual ones first. A source that forbids one repository forbids it for good. */
const SUFFERS = {
  gar: ["away", "broken", "forbidden"],
  hub: ["away", "broken", "forbidden"],
  source: ["away", "broken"],
  logins: ["away", "forbidden"],
  table: ["away"],
  queue: ["away"],
} as const satisfies Partial<Record<Service, readonly Outage["kind"][]>>;
const SERVICES = ["gar", "hub", "table", "queue", "source", "logins"] as const;

/** In some seeds a service is away for a while; in some one destination is sick for long, beside a healthy one. */
export function drawSuffering(random: () => number, pushesEnd: number, faultsEnd: number): Suffering {
  const from = random() * pushesEnd;
  const draw = random();
  if (draw < 0.4) {
    const service = pick(SERVICES, random);
    const until = Math.min(from + 10_000 + random() * 2 * MINUTE_MS, faultsEnd);
    return { outages: [{ service, from, until, kind: pick(SUFFERS[service], random) }], sick: undefined };
  }
  if (draw < 0.6) {
    const service = random() < 0.5 ? "gar" : "hub";
    const kind = pick(["away", "broken", "drips", "forbidden"] as const, random);
    return { outages: [{ service, from: 0, until: faultsEnd + random() * 10 * MINUTE_MS, kind }], sick: service };
  }
  return { outages: [], sick: undefined };
}

function pick<T>(choices: readonly [T, ...T[]], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}
