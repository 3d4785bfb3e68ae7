import { countsOf, createBufferedCounts } from "./buffered-counts.ts";
import type { CallOutcome } from "./buffered-counts.ts";
import type { CircuitAdmission, CircuitPolicy, CircuitRecord, CircuitState } from "./circuit.ts";
import { admitToCircuit, isTroubled, noteCalls, returnPermit } from "./circuit.ts";
import type { Change, RecordStore } from "../state/record-store.ts";
import { StoreError } from "../state/record-store.ts";

/** The right to call the destination until `end`. */
export interface Admission {
  readonly kind: "admitted";
  note(outcome: CallOutcome): Promise<void>;
  /** Reports what is still buffered, and returns the permit. Does not throw when the store is unavailable. */
  end(): Promise<void>;
}

/** One process's view of a destination's circuit. The record in the store is shared by all processes. */
export interface CircuitBreaker {
  /**
   * Admits the copy when the store is unavailable: without a lease, which needs the store, it writes no tag anyway.
   * @param owner unique to the copy.
   * @param signal for every access to the store until the admission ends, so it must outlast the copy.
   * @param repository the target repository: failures in one repository alone do not open the circuit.
   */
  admit(
    owner: string,
    signal: AbortSignal,
    repository?: string,
  ): Promise<Admission | { readonly kind: "refused"; readonly afterMs: number }>;
  /** For work that may be dropped: it reports no outcome and takes no permit. @throws {StoreError} when the store is unavailable. */
  isClosed(signal: AbortSignal): Promise<boolean>;
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
  /** Called when this process changed the state of the circuit. */
  readonly onChange?: ((state: CircuitState) => void) | undefined;
}

/** How long a record that was read is trusted, in milliseconds. Meanwhile, an outage shows as failing calls. */
const CACHE_MS = 5_000;
/** Random extra wait of refused copies, in milliseconds, so that they do not all return at once. */
const SPREAD_MS = 30_000;

export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { now, random, policy } = options;
  const cache = createCircuitCache(options);
  const counts = createBufferedCounts({
    now,
    report: (counts, signal) =>
      cache
        .update((record) => noteCalls(record, { owner: "", counts, writes: 0, now: now() }, policy), signal)
        .then(() => undefined, ignoreUnavailable(signal)),
    isTroubled: cache.isTroubled,
  });
  const refused = (until: number) =>
    ({ kind: "refused", afterMs: Math.max(until - now(), 0) + Math.round(random() * SPREAD_MS) }) as const;

  return {
    async admit(owner, signal, repository = owner) {
      const admitted: Admission = {
        kind: "admitted",
        note: (outcome) => counts.note(outcome, repository, signal),
        end: () => counts.flush(signal),
      };
      try {
        const claim = (record: CircuitRecord | undefined) => admitToCircuit(record, owner, now(), policy);
        const answer = cache.known() ?? (await cache.update(claim, signal));
        if (answer.kind === "refused") return refused(answer.until);
        const update: PermittedUpdate = (change) => cache.update(change, signal);
        return answer.kind === "permit" ? permitted(owner, update, ignoreUnavailable(signal), options) : admitted;
      } catch (error) {
        ignoreUnavailable(signal)(error);
        return admitted;
      }
    },
    async isClosed(signal) {
      const isClosed = (record: CircuitRecord | undefined): boolean => (record?.state ?? "closed") === "closed";
      const known = cache.known();
      if (known !== undefined) return known.kind === "closed";
      return cache.update((record) => ({ answer: isClosed(record) }), signal);
    },
  };
}

/** Caches the circuit: every update refreshes it. */
function createCircuitCache({ store, key, policy, now, onChange }: CircuitBreakerOptions) {
  let cached: { readonly record: CircuitRecord | undefined; readonly at: number } | undefined;

  const update: UpdateCircuit = async (change, signal) => {
    let after: CircuitRecord | undefined;
    let before: CircuitRecord | undefined;
    const answer = await store.update(
      key,
      (record) => {
        const changed = change(record);
        before = record;
        after = changed.next ?? record;
        return changed;
      },
      signal,
    );
    cached = { record: after, at: now() };
    const state = after?.state ?? "closed";
    if (state !== (before?.state ?? "closed")) onChange?.(state);
    return answer;
  };

  /** The answer according to the cache; undefined when the cache is too old, or a permit may be available. */
  function known(): CircuitAdmission | undefined {
    if (cached === undefined || now() - cached.at > CACHE_MS) return undefined;
    const { record } = cached;
    if (record === undefined || record.state === "closed") return { kind: "closed" };
    return record.state === "open" && record.until > now() ? { kind: "refused", until: record.until } : undefined;
  }

  function isTroubledNow(): boolean {
    const record = cached?.record;
    return record?.state === "closed" && isTroubled(record.buckets, now(), policy);
  }

  return { update, known, isTroubled: isTroubledNow };
}

type UpdateCircuit = <Answer>(
  change: (record: CircuitRecord | undefined) => Change<CircuitRecord, Answer>,
  signal: AbortSignal,
) => Promise<Answer>;
type PermittedUpdate = <Answer>(
  change: (record: CircuitRecord | undefined) => Change<CircuitRecord, Answer>,
) => Promise<Answer>;

/** The admission of a copy that tries a half-open circuit: every outcome is reported at once. */
function permitted(
  owner: string,
  update: PermittedUpdate,
  onError: (error: unknown) => void,
  { now, policy }: Pick<CircuitBreakerOptions, "now" | "policy">,
): Admission {
  const report = async (outcome: CallOutcome): Promise<void> => {
    const note = { owner, counts: countsOf(outcome, owner), writes: Number(outcome === "written"), now: now() };
    await update((record) => noteCalls(record, note, policy)).catch(onError);
  };
  return {
    kind: "admitted",
    // Reads may succeed while writes fail.
    note: (outcome) => (outcome === "read" ? Promise.resolve() : report(outcome)),
    end: () => update((record) => returnPermit(record, owner)).catch(() => undefined),
  };
}

/** Ignores a store that is unavailable, and an abort; rethrows everything else. */
function ignoreUnavailable(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof StoreError) && !signal.aborted) throw error;
  };
}
