import * as z from "zod";
import type { Receipt } from "../outcome/receipt.ts";
import { countsFrom } from "./pending-push.ts";
import type { PendingPush } from "./pending-push.ts";

/** What is announced of a push. `Late` and `Repaired` do not end it. */
const ANNOUNCED = [
  /** The destination has the image, in time. */
  "Replicated",
  /** It is pending for longer than the goal allows. */
  "Late",
  /** The destination has the image, too late. */
  "LateArrived",
  /** The destination has the image after all: a comparison or an operator has repaired what the end of its push left. */
  "Repaired",
  /** It cannot succeed without a change: it is a dead letter. */
  "Failed",
  /** Nothing is to be copied: its rule, its gate, or a conflict says so, or the source no longer has it. */
  "Skipped",
] as const;

/** One announcement of an accepted push: the detail of an event. Fields are added, and never removed or changed, within a version. */
export const Announcement = z.object({
  version: z.literal(1),
  /** The same each time it is delivered. */
  id: z.string().min(1),
  type: z.enum(ANNOUNCED),
  destination: z.string(),
  /** At the source, as is the reference: a tag, or the digest of an attachment. */
  repository: z.string(),
  reference: z.string(),
  /** Correlation id of the push, as in logs and receipts. */
  request: z.string(),
  /** Absent when the source does not say when the push was. */
  pushedAt: z.iso.datetime().optional(),
  /** When this happened. */
  at: z.iso.datetime(),
  /** From the push, or from when its rule let it go, until then. */
  lagSeconds: z.number().nonnegative(),
  /** What the destination has under the tag. */
  digest: z.string().optional(),
  /** The outcome of the receipt, and its reason. */
  outcome: z.string().optional(),
  reason: z.string().optional(),
  /** The rule that decided. */
  rule: z.string().optional(),
  /** Why it failed, in words. */
  error: z.string().optional(),
});
export type Announcement = z.infer<typeof Announcement>;

/** The announcement that ends a push. */
export type EndAnnouncement = Announcement & { readonly type: Exclude<Announcement["type"], "Late" | "Repaired"> };

/** The detail of an event: an announcement, and the stack that makes it. */
export const EventDetail = Announcement.extend({ stack: z.string() });
export type EventDetail = z.infer<typeof EventDetail>;

/** The announcement of the end of an accepted push, from its receipt alone; undefined for every other receipt. */
export function endAnnouncement(receipt: Receipt, withinMs: number): EndAnnouncement | undefined {
  const { id, destination, repository, reference, pushedAt = 0, endedAt } = receipt;
  if (receipt.acceptedAt === undefined || receipt.countsFrom === undefined) return undefined;
  if (destination === undefined || repository === undefined || reference === undefined) return undefined;
  const lagMs = Math.max(endedAt - receipt.countsFrom, 0);
  const type = typeOf(receipt.outcome, lagMs > withinMs);
  if (type === undefined) return undefined;
  const { digest, rule, error, outcome } = receipt;
  const reason = "reason" in receipt ? receipt.reason : undefined;
  const told = { digest, outcome, reason, rule, error };
  return {
    ...subjectOf({ id, destination, repository, reference, pushedAt }, "end"),
    type,
    at: new Date(endedAt).toISOString(),
    lagSeconds: lagMs / 1_000,
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
  };
}

/** The announcement that a request without a push has repaired its tag; undefined for one with a push, which is announced itself. */
export function repairAnnouncement(receipt: Receipt): Announcement | undefined {
  const { id, destination, repository, reference, pushedAt = 0, endedAt, digest, rule, outcome } = receipt;
  if (receipt.acceptedAt !== undefined) return undefined;
  if (destination === undefined || repository === undefined || reference === undefined) return undefined;
  return {
    ...subjectOf({ id, destination, repository, reference, pushedAt }, "repair"),
    type: "Repaired",
    at: new Date(endedAt).toISOString(),
    lagSeconds: pushedAt === 0 ? 0 : Math.max(endedAt - pushedAt, 0) / 1_000,
    outcome,
    ...(digest === undefined ? {} : { digest }),
    ...(rule === undefined ? {} : { rule }),
  };
}

/** The announcement that a push is late. @param now epoch milliseconds. */
export function lateAnnouncement(push: PendingPush, now: number): Announcement {
  return {
    ...subjectOf(push, "late"),
    type: "Late",
    at: new Date(now).toISOString(),
    lagSeconds: Math.max(now - countsFrom(push), 0) / 1_000,
  };
}

type Subject = Pick<Announcement, "destination" | "repository" | "reference"> & {
  readonly id: string;
  readonly pushedAt: number;
};

function subjectOf({ id, destination, repository, reference, pushedAt }: Subject, what: "end" | "late" | "repair") {
  return {
    version: 1,
    id: `${id}/${destination}/${repository}:${reference}/${what}`,
    destination,
    repository,
    reference,
    request: id,
    ...(pushedAt === 0 ? {} : { pushedAt: new Date(pushedAt).toISOString() }),
  } as const;
}

function typeOf(outcome: Receipt["outcome"], isLate: boolean): EndAnnouncement["type"] | undefined {
  switch (outcome) {
    case "replicated":
    case "unchanged":
    case "superseded":
      return isLate ? "LateArrived" : "Replicated";
    case "failed":
      return "Failed";
    case "skipped":
    case "quarantined":
      return "Skipped";
    case "deleted":
    case "protected":
      return undefined;
  }
}
