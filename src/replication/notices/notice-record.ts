import * as z from "zod";
import type { Change } from "../state/record-store.ts";
import { Notice } from "./notice.ts";

/** What one channel was told about one subject; one item of the store. Times are epoch milliseconds. */
export const NoticeRecord = z.object({
  /** Ids of notices that were delivered, and when. */
  told: z.array(z.object({ id: z.string(), at: z.number() })),
  /** The newest problem, until its end was told. It is written before it is delivered, so that its end can wait for it. */
  problem: z.object({ id: z.string(), at: z.number(), toldAt: z.number().optional() }).optional(),
  /** The end of a problem that has not been delivered. */
  recovery: Notice.optional(),
});
export type NoticeRecord = z.infer<typeof NoticeRecord>;

/** `send`: deliver it now. `duplicate`: it was delivered. `quiet`: the same problem was told a moment ago. `waits`: its problem is delivered first. `nothing`: it ends no problem. */
export type NoticeStep = "send" | "duplicate" | "quiet" | "waits" | "nothing";

/** How long an id is remembered, in milliseconds: longer than the queue delivers a message. At most so many ids. */
const REMEMBER_MS = 2 * 86_400_000;
const MOST_TOLD = 200;
const EMPTY: NoticeRecord = { told: [] };

/** Decides about a notice before it is delivered. */
export function beginNotice(
  record: NoticeRecord = EMPTY,
  notice: Notice,
  now: number,
): Change<NoticeRecord, NoticeStep> {
  if (record.told.some(({ id }) => id === notice.id)) return { answer: "duplicate" };
  return notice.kind === "recovered" ? beginRecovery(record, notice) : beginProblem(record, notice, now);
}

function beginProblem(record: NoticeRecord, notice: Notice, now: number): Change<NoticeRecord, NoticeStep> {
  const { problem } = record;
  const isQuiet = problem?.toldAt !== undefined && now - problem.toldAt < (notice.quietMs ?? 0);
  if (isQuiet) return { answer: "quiet" };
  // An older problem that comes late is told, too; the newest one is what a recovery ends.
  if (problem !== undefined && problem.at > notice.at) return { answer: "send" };
  if (problem?.id === notice.id) return { answer: "send" };
  return { next: { ...record, problem: { id: notice.id, at: notice.at } }, answer: "send" };
}

function beginRecovery(record: NoticeRecord, notice: Notice): Change<NoticeRecord, NoticeStep> {
  const { problem } = record;
  if (problem === undefined && notice.followsProblem !== true) return { answer: "nothing" };
  if (problem !== undefined && problem.at >= notice.at) return { answer: "nothing" };
  if (problem?.toldAt !== undefined) return { answer: "send" };
  return { next: { ...record, recovery: notice }, answer: "waits" };
}

/** Notes that a notice was delivered. @returns the end of its problem that has waited for it, which is to be delivered next. */
export function finishNotice(
  record: NoticeRecord = EMPTY,
  { id, at, kind }: Notice,
  now: number,
): Change<NoticeRecord, Notice | undefined> {
  const told = [...record.told.filter((each) => now - each.at < REMEMBER_MS), { id, at: now }].slice(-MOST_TOLD);
  if (kind === "recovered") {
    const isOver = record.problem === undefined || record.problem.at < at;
    return { next: isOver ? { told } : { ...record, told }, answer: undefined };
  }
  const { problem: known, recovery } = record;
  const isNewest = known === undefined || known.at <= at;
  const problem = isNewest ? { id, at, toldAt: now } : known;
  const waiting = recovery !== undefined && recovery.at > problem.at ? recovery : undefined;
  const next = { told, problem, ...(waiting === undefined ? {} : { recovery: waiting }) };
  return { next, answer: problem.toldAt === undefined ? undefined : waiting };
}

/** The end of a delivered problem that is still to be delivered: its delivery failed. */
export function pendingRecovery(record: NoticeRecord | undefined): Notice | undefined {
  return record?.problem?.toldAt === undefined ? undefined : record.recovery;
}
