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
  /** Tells what was not told yet, and gives a permit back. Never fails. */
  end(): Promise<void>;
}

/** One destination's circuit, as one process knows it; its truth is in the store, shared by all. */
export interface CircuitBreaker {
  /**
   * Never fails: without the store, the copy goes on, and its lease decides.
   * @param owner unique to the copy.
   * @param signal cuts everything that is told to the store, until the end of the admission: so it lasts longer than the copy.
   * @param repository that it writes: evidence from one alone says nothing of the destination.
   */
  admit(
    owner: string,
    signal: AbortSignal,
    repository?: string,
  ): Promise<Admission | { readonly kind: "refused"; readonly afterMs: number }>;
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
/** Whoever is refused comes back within so long after the moment it was told, so that not all come at once. */
const SPREAD_MS = 30_000;

export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { now, random, policy } = options;
  const belief = createBelief(options);
  const evidence = createBufferedCounts({
    now,
    report: (counts, signal) =>
      belief
        .update((record) => noteCalls(record, { owner: "", counts, writes: 0, now: now() }, policy), signal)
        .then(() => undefined, unlessAway(signal)),
    isTroubled: belief.isTroubled,
  });
  const refused = (until: number) =>
    ({ kind: "refused", afterMs: Math.max(until - now(), 0) + Math.round(random() * SPREAD_MS) }) as const;

  return {
    async admit(owner, signal, repository = owner) {
      const admitted: Admission = {
        kind: "admitted",
        note: (outcome) => evidence.note(outcome, repository, signal),
        end: () => evidence.flush(signal),
      };
      try {
        const asked = (record: CircuitRecord | undefined) => admitToCircuit(record, owner, now(), policy);
        const answer = belief.known() ?? (await belief.update(asked, signal));
        if (answer.kind === "refused") return refused(answer.until);
        const update: PermittedUpdate = (change) => belief.update(change, signal);
        return answer.kind === "permit" ? permitted(owner, update, unlessAway(signal), options) : admitted;
      } catch (error) {
        unlessAway(signal)(error);
        return admitted;
      }
    },
  };
}

/** The circuit as one process knows it: read from the store now and then, and whenever it is changed. */
function createBelief({ store, key, policy, now, onChange }: CircuitBreakerOptions) {
  let believed: { readonly record: CircuitRecord | undefined; readonly at: number } | undefined;

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
    believed = { record: after, at: now() };
    const state = after?.state ?? "closed";
    if (state !== (before?.state ?? "closed")) onChange?.(state);
    return answer;
  };

  /** What is known without asking; undefined when that is too old, or a permit is to be had. */
  function known(): CircuitAdmission | undefined {
    if (believed === undefined || now() - believed.at > BELIEVED_MS) return undefined;
    const { record } = believed;
    if (record === undefined || record.state === "closed") return { kind: "closed" };
    return record.state === "open" && record.until > now() ? { kind: "refused", until: record.until } : undefined;
  }

  function isTroubledNow(): boolean {
    const record = believed?.record;
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

/** Tries a half-open circuit: what that comes to is told at once. */
function permitted(
  owner: string,
  update: PermittedUpdate,
  unlessGone: (error: unknown) => void,
  { now, policy }: Pick<CircuitBreakerOptions, "now" | "policy">,
): Admission {
  const tell = async (outcome: CallOutcome): Promise<void> => {
    const note = { owner, counts: countsOf(outcome, owner), writes: Number(outcome === "written"), now: now() };
    await update((record) => noteCalls(record, note, policy)).catch(unlessGone);
  };
  return {
    kind: "admitted",
    // Reading may work while writing does not.
    note: (outcome) => (outcome === "read" ? Promise.resolve() : tell(outcome)),
    end: () => update((record) => returnPermit(record, owner)).catch(() => undefined),
  };
}

/** Without the store the copy goes on: its lease decides. */
function unlessAway(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof StoreError) && !signal.aborted) throw error;
  };
}
