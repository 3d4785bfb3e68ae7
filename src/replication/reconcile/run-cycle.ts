import { advanceCycle, claimCycle, leaveCycle } from "./cycle-record.ts";
import type { ReconcileRecord } from "./cycle-record.ts";
import type { RecordStore } from "../state/record-store.ts";
import { onceAborted } from "../../async/abort.ts";
import type { Timeout } from "../../async/limited-listing.ts";

/** A comparison of many subjects, as far as the time of one invocation reaches. */
export interface Cycle {
  /** Key of its record. */
  readonly key: string;
  readonly everyMs: number;
  /** Subjects compared at once. */
  readonly workers: number;
  /** Subjects whose time is up with the invocation come first in the next one; else they are left until the next cycle. */
  readonly resumes: boolean;
  readonly subjects: (signal: AbortSignal) => Promise<readonly string[]>;
  /** Answers with the destinations with which the subject could not be compared. Throws only when the time is up. */
  readonly compare: (subject: string, startedAt: number, signal: AbortSignal) => Promise<readonly string[]>;
  /** What was under comparison when an invocation ended without a word. */
  readonly suspect: (subjects: readonly string[]) => Promise<void>;
}

export interface CyclePorts {
  readonly cycles: RecordStore<ReconcileRecord>;
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: () => number;
  readonly timeout: Timeout;
  /** Aborted when the process itself has to end: how far it came is noted after the comparison's own time is up. */
  readonly ending: AbortSignal;
}

export type CycleResult =
  | { readonly outcome: "rest" | "partial"; readonly compared: number }
  | { readonly outcome: "finished"; readonly compared: number; readonly incomplete: readonly string[] };

/** Begins a cycle or goes on with it; two invocations at once are one and a rest. Its lease is renewed until it ends. */
export async function runCycle(cycle: Cycle, ports: CyclePorts, signal: AbortSignal): Promise<CycleResult> {
  const { cycles, owner, leaseMs, now, ending } = ports;
  const claim = { owner, leaseMs, everyMs: cycle.everyMs };
  const claimed = await cycles.update(cycle.key, (record) => claimCycle(record, { ...claim, now: now() }), signal);
  if (claimed.kind === "rest") return { outcome: "rest", compared: 0 };
  const { startedAt, after, pending, suspects } = claimed;
  const notes = createNotes(cycle.key, { after, pending }, ports);
  const working = AbortSignal.any([signal, notes.lost]);
  let isFinished = false;
  let incomplete: readonly string[] = [];
  let compared = 0;
  try {
    if (suspects.length > 0) await cycle.suspect(suspects);
    const all = await cycle.subjects(working);
    const first = all.filter((subject) => pending.includes(subject) && subject <= after);
    const queue = [...first, ...all.filter((subject) => subject > after)].values();
    const work = async (): Promise<void> => {
      for (const subject of queue) {
        if (working.aborted || !(await notes.begin(subject))) return;
        const failed = await cycle.compare(subject, startedAt, working).catch((error: unknown) => {
          if (!working.aborted) throw error;
        });
        if (failed === undefined && cycle.resumes) return;
        compared++;
        notes.end(subject, failed ?? []);
      }
    };
    await Promise.all(Array.from({ length: cycle.workers }, work));
    isFinished = !working.aborted;
  } finally {
    await notes.close();
    const left = (record: ReconcileRecord | undefined) => leaveCycle(record, owner, isFinished ? now() : undefined);
    incomplete = await cycles.update(cycle.key, left, ending);
  }
  return isFinished ? { outcome: "finished", compared, incomplete: incomplete } : { outcome: "partial", compared };
}

/** Keeps the record of a cycle up to date: one write at a time, each of the latest state. */
function createNotes(
  key: string,
  { after, pending }: { readonly after: string; readonly pending: readonly string[] },
  { cycles, owner, leaseMs, now, timeout, ending }: CyclePorts,
) {
  const begun = new Set<string>();
  const waiting = new Set(pending);
  const incomplete = new Set<string>();
  const lost = new AbortController();
  let cursor = after;
  let isClosed = false;
  let written: Promise<boolean> = Promise.resolve(true);
  let next: Promise<boolean> | undefined;

  const write = (): Promise<boolean> => {
    // A write that has not begun yet will note this, too.
    next ??= written.then(async () => {
      next = undefined;
      const progress = { after: cursor, begun: [...begun], pending: [...waiting], incomplete: [...incomplete] };
      const isOurs = await cycles.update(
        key,
        (record) => advanceCycle(record, { owner, now: now(), leaseMs }, progress),
        ending,
      );
      if (!isOurs) lost.abort(new Error("another invocation has taken the comparison over"));
      return isOurs;
    });
    written = next.catch(() => true);
    return next;
  };
  repeatedly(leaseMs / 3, timeout, () => {
    // A renewal that failed is followed by the next one, long before the lease ends.
    if (!isClosed) write().catch(() => undefined);
    return !isClosed;
  });

  return {
    lost: lost.signal,
    /** False when the cycle is not ours any more. */
    begin(subject: string): Promise<boolean> {
      begun.add(subject);
      waiting.delete(subject);
      if (subject > cursor) cursor = subject;
      return write();
    },
    end(subject: string, failed: readonly string[]): void {
      begun.delete(subject);
      for (const destination of failed) incomplete.add(destination);
    },
    /** Writes what is not noted yet. */
    async close(): Promise<void> {
      isClosed = true;
      if (!lost.signal.aborted) await write();
    },
  };
}

/** Does something every so many milliseconds, until it answers false. */
function repeatedly(ms: number, timeout: Timeout, work: () => boolean): void {
  onceAborted(timeout(ms), () => {
    if (work()) repeatedly(ms, timeout, work);
  });
}
