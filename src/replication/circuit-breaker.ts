import type { CircuitPolicy, CircuitRecord, CircuitState } from "./circuit.ts";
import { admitToCircuit, noteCalls, returnPermit } from "./circuit.ts";
import type { RecordStore } from "./record-store.ts";
import { StoreError } from "./record-store.ts";
import { NO_CALLS, sum } from "./sliding-window.ts";
import type { Counts } from "./sliding-window.ts";

/** How a call to the destination ended, as the circuit sees it. */
export type CallOutcome = "read" | "written" | "failed" | "slow";

/** The right to call the destination until `end`. */
export interface Admission {
  readonly kind: "admitted";
  note(outcome: CallOutcome): Promise<void>;
  /** Tells what was not told yet, and gives a permit back. Never fails. */
  end(): Promise<void>;
}

/** One destination's circuit, as one process knows it; its truth is in the store, shared by all. */
export interface CircuitBreaker {
  /** @param owner unique to the copy. Never fails: without the store, the copy goes on, and its lease decides. */
  admit(owner: string): Promise<Admission | { readonly kind: "refused"; readonly afterMs: number }>;
}

export interface CircuitBreakerOptions {
  readonly store: RecordStore<CircuitRecord>;
  /** The destination's name. */
  readonly key: string;
  readonly policy: CircuitPolicy;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The circuit was changed by us. */
  readonly onChange?: ((state: CircuitState) => void) | undefined;
}

/** What was read stays believed for so long; within it an outage is noticed by failing. Milliseconds. */
const BELIEVED_MS = 5_000;
/** Failures are told at most once in so long: the record is one item, and every process writes it. Milliseconds. */
const TELL_MS = 1_000;
/** Whoever is refused comes back within so long after the moment it was told, so that not all come at once. */
const SPREAD_MS = 30_000;

export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { store, key, policy, now, random, onChange } = options;
  let believed: { readonly record: CircuitRecord | undefined; readonly at: number } | undefined;

  const refused = (until: number) =>
    ({ kind: "refused", afterMs: Math.max(until - now(), 0) + Math.round(random() * SPREAD_MS) }) as const;

  /** Changes the record; what it is then is believed for a while. */
  async function update<Answer>(
    change: (record: CircuitRecord | undefined) => { next?: CircuitRecord; answer: Answer },
  ) {
    let after: CircuitRecord | undefined;
    let before: CircuitRecord | undefined;
    const answer = await store.update(key, (record) => {
      const changed = change(record);
      before = record;
      after = changed.next ?? record;
      return changed;
    });
    believed = { record: after, at: now() };
    const state = after?.state ?? "closed";
    if (state !== (before?.state ?? "closed")) onChange?.(state);
    return answer;
  }

  /** What is known without asking; undefined when that is too old, or a permit is to be had. */
  function known() {
    if (believed === undefined || now() - believed.at > BELIEVED_MS) return undefined;
    const { record } = believed;
    if (record === undefined || record.state === "closed") return { kind: "closed" } as const;
    return record.state === "open" && record.until > now() ? refused(record.until) : undefined;
  }

  return {
    async admit(owner) {
      try {
        const admitted = known() ?? (await update((record) => admitToCircuit(record, owner, now(), policy)));
        if (admitted.kind === "refused") return "until" in admitted ? refused(admitted.until) : admitted;
        return admission({ owner, isPermit: admitted.kind === "permit", update, now, policy });
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        return admission({ owner, isPermit: false, update, now, policy });
      }
    },
  };
}

interface AdmissionOptions extends Pick<CircuitBreakerOptions, "now" | "policy"> {
  readonly owner: string;
  readonly isPermit: boolean;
  readonly update: <Answer>(
    change: (record: CircuitRecord | undefined) => { next?: CircuitRecord; answer: Answer },
  ) => Promise<Answer>;
}

/** Gathers what calls come to, and tells the circuit of failures; of success only where a permit was given to find out. */
function admission({ owner, isPermit, update, now, policy }: AdmissionOptions): Admission {
  let untold: Counts = NO_CALLS;
  let writes = 0;
  let toldAt = -Infinity;

  async function tell(): Promise<void> {
    const note = { owner, counts: untold, writes, now: now() };
    untold = NO_CALLS;
    writes = 0;
    toldAt = note.now;
    await update((record) => noteCalls(record, note, policy)).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
    });
  }

  return {
    kind: "admitted",
    async note(outcome) {
      const isBad = outcome === "failed" || outcome === "slow";
      untold = sum(untold, { calls: 1, failures: Number(outcome === "failed"), slow: Number(outcome === "slow") });
      writes += Number(outcome === "written");
      if (isPermit ? isBad || outcome === "written" : isBad && now() - toldAt >= TELL_MS) await tell();
    },
    async end() {
      if (untold.failures + untold.slow > 0) await tell();
      if (isPermit) await update((record) => returnPermit(record, owner)).catch(() => undefined);
    },
  };
}
