import { advanceCycle, claimCycle, leaveCycle } from "./cycle-record.ts";
import type { ReconcileRecord } from "./cycle-record.ts";
import type { RecordStore } from "../state/record-store.ts";
import { onceAborted } from "../../async/abort.ts";
import type { Timeout } from "../reconcile/limited-listing.ts";

/** A comparison of many subjects, which may take several invocations. */
export interface Cycle {
  /** Key of its record. */
  readonly key: string;
  readonly everyMs: number;
  /** Subjects compared concurrently. */
  readonly workers: number;
  /** Subjects that ran out of time come first in the next invocation; otherwise they wait for the next cycle. */
  readonly resumes: boolean;
  readonly subjects: (signal: AbortSignal) => Promise<readonly string[]>;
  /** Answers with the destinations for which the comparison failed or was left out. Throws only when the time has run out. */
  readonly compare: (subject: string, startedAt: number, signal: AbortSignal) => Promise<readonly string[]>;
  /** Called with the subjects that were being compared when the last invocation was killed. */
  readonly suspect: (subjects: readonly string[]) => Promise<void>;
}

export interface CyclePorts {
  readonly cycles: RecordStore<ReconcileRecord>;
  readonly owner: string;
  readonly leaseMs: number;
  readonly now: () => number;
  readonly timeout: Timeout;
  /** Aborted when the process must end, which is later than the comparison: progress is still recorded. */
  readonly ending: AbortSignal;
}

export type CycleResult =
  | { readonly outcome: "rest" | "partial"; readonly compared: number }
  | { readonly outcome: "finished"; readonly compared: number; readonly incomplete: readonly string[] };

/** Starts or resumes a cycle, and renews its lease until this invocation ends it. Of two concurrent invocations, one rests. */
export async function runCycle(cycle: Cycle, ports: CyclePorts, signal: AbortSignal): Promise<CycleResult> {
  const { cycles, owner, leaseMs, now, ending } = ports;
  const claim = { owner, leaseMs, everyMs: cycle.everyMs };
  const claimed = await cycles.update(cycle.key, (record) => claimCycle(record, { ...claim, now: now() }), signal);
  if (claimed.kind === "rest") return { outcome: "rest", compared: 0 };
  const { startedAt, after, pending, suspects } = claimed;
  const progressRecord = createProgressRecord(cycle.key, { after, pending }, ports);
  const working = AbortSignal.any([signal, progressRecord.lost]);
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
        if (working.aborted || !(await progressRecord.begin(subject))) return;
        const failed = await cycle.compare(subject, startedAt, working).catch((error: unknown) => {
          if (!working.aborted) throw error;
        });
        if (failed === undefined && cycle.resumes) return;
        compared++;
        progressRecord.end(subject, failed ?? []);
      }
    };
    await Promise.all(Array.from({ length: cycle.workers }, work));
    isFinished = !working.aborted;
  } finally {
    await progressRecord.close();
    const left = (record: ReconcileRecord | undefined) => leaveCycle(record, owner, isFinished ? now() : undefined);
    incomplete = await cycles.update(cycle.key, left, ending);
  }
  return isFinished ? { outcome: "finished", compared, incomplete: incomplete } : { outcome: "partial", compared };
}

/** Keeps the record of a cycle up to date: one write at a time, each with the latest progress. */
function createProgressRecord(
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
    // A write that is still waiting for the previous one will include this progress.
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
    // If a renewal fails, the next one follows long before the lease expires.
    if (!isClosed) write().catch(() => undefined);
    return !isClosed;
  });

  return {
    lost: lost.signal,
    /** False when another invocation has taken over the cycle. */
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
    /** Writes the progress that is not recorded yet. */
    async close(): Promise<void> {
      isClosed = true;
      if (!lost.signal.aborted) await write();
    },
  };
}

/** Calls `work` every `ms` milliseconds until it returns false. */
function repeatedly(ms: number, timeout: Timeout, work: () => boolean): void {
  onceAborted(timeout(ms), () => {
    if (work()) repeatedly(ms, timeout, work);
  });
}
