import { createVirtualTime } from "../../fixtures/clocks/virtual-time.ts";
import type { VirtualTime } from "../../fixtures/clocks/virtual-time.ts";

/** Probabilities of the faults of a call. */
export interface Odds {
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly lateEffect: number;
  readonly slow: number;
  readonly crash: number;
  /** The process and its timers stand still for longer than its leases last. */
  readonly freeze: number;
  /** A registry is busy (429, 503) and does nothing. */
  readonly busy: number;
  /** A registry or a gateway in front of it fails (500, 502, 504), before or after the request took effect. */
  readonly broken: number;
  /** A response body ends early, stalls or drips. */
  readonly body: number;
}

export const DESTINATIONS = ["gar", "hub", "hub2", "hub3"] as const;
export type DestinationName = (typeof DESTINATIONS)[number];

/** What a process can call: the registries (destinations by name), logins, and the services of AWS. */
export type Service = DestinationName | "source" | "logins" | "table" | "queue" | "lambda" | "appconfig";

/** A service that fails for a while. Times are milliseconds since the beginning. */
export interface Outage {
  readonly service: Service;
  readonly from: number;
  readonly until: number;
  /** It refuses connections, answers only 403 (or issues no login), answers only 500, or drips its bodies. */
  readonly kind: "unreachable" | "forbidden" | "failing" | "dripping";
}

export interface World {
  readonly time: VirtualTime;
  /** Uniform in [0, 1), from the seed. */
  readonly random: () => number;
  readonly trace: string[];
  /** Invariants that were violated. */
  readonly violations: string[];
  note(line: string | (() => string)): void;
  violate(invariant: string, what: string): void;
  readonly outages: Outage[];
  decide: ((process: string, call: number) => Fate | undefined) | undefined;
  /** The current odds: `CALM` after the last fault. */
  odds(): Odds;
  /** The current outage of a service. */
  outage(service: Service): Outage["kind"] | undefined;
}

/** What happens to a call. */
export type Fate = "well" | "freeze" | "lost-request" | "lost-answer" | "late" | "crash-before" | "crash-after";

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

export interface WorldOptions {
  /** Probabilities of faults until `faultsEnd`. */
  readonly odds: Odds;
  /** Milliseconds since the beginning. */
  readonly faultsEnd: number;
  /** Records a timeline. */
  readonly isTraced?: boolean;
  /** Decides the fate of the numbered call of a process; undefined leaves it to the odds. */
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
