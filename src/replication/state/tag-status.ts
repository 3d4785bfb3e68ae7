import type { CopyProgress } from "./copy-progress.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import type { TagRecord } from "./tag-record.ts";

/** The status of a tag, as its record shows it. */
export type TagStatus = "equal" | "copying" | "waiting" | "failed" | "skipped" | "quarantined" | "cancelled";

export interface ListedTag {
  readonly key: string;
  readonly state: TagStatus;
  /** Milliseconds since the newest push that a request named. */
  readonly lagMs: number;
  /** How the last delivery of the tag ended; undefined before the first. */
  readonly last: LastOutcome | undefined;
  /** The digest that it was last confirmed to have at its destination, and when. */
  readonly replicated: TagRecord["replicated"];
  /** Milliseconds since its copy began, and the progress of that copy; only while it is being copied. */
  readonly copyingMs?: number | undefined;
  readonly progress?: CopyProgress | undefined;
  /** The number of its copy: the fence of its lease. */
  readonly copy: number;
  /** The operator who has cancelled its copy, and when; epoch milliseconds. A copy that still runs is about to end. */
  readonly cancelled?: Pick<NonNullable<TagRecord["cancel"]>, "by" | "at"> | undefined;
}

export function listedTag(key: string, record: TagRecord, now: number): ListedTag {
  const state = statusOf(record, now);
  const { wantedAt, last, replicated, fence: copy, cancel } = record;
  const cancelled = cancel && { by: cancel.by, at: cancel.at };
  const listed = { key, state, lagMs: now - wantedAt, last, replicated, copy, ...(cancelled && { cancelled }) };
  if (state !== "copying" || record.lease === undefined) return listed;
  const { since, progress } = record.lease;
  return { ...listed, copyingMs: since === undefined ? undefined : now - since, progress };
}

function statusOfEnd(last: Extract<LastOutcome, { outcome: "skipped" | "failed" | "quarantined" }>): TagStatus {
  return last.outcome === "skipped" && last.reason === "cancelled" ? "cancelled" : last.outcome;
}

export function statusOf({ lease, last }: TagRecord, now: number): TagStatus {
  if (lease !== undefined && lease.until > now) return "copying";
  switch (last?.outcome) {
    case "skipped":
    case "failed":
    case "quarantined":
      return statusOfEnd(last);
    case "replicated":
    case "unchanged":
    case "superseded":
      return "equal";
    case "deferred":
    case undefined:
      return "waiting";
  }
}

/** Counts the tags of each status. */
export function countStatuses(tags: readonly ListedTag[]): Readonly<Record<TagStatus | "all", number>> {
  const count = (state: TagStatus): number => tags.filter((tag) => tag.state === state).length;
  return {
    all: tags.length,
    equal: count("equal"),
    copying: count("copying"),
    waiting: count("waiting"),
    failed: count("failed"),
    skipped: count("skipped"),
    quarantined: count("quarantined"),
    cancelled: count("cancelled"),
  };
}
