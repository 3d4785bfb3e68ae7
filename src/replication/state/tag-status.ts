import type { CopyProgress } from "./copy-progress.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import type { TagRecord } from "./tag-record.ts";

/** What a tag's record says of it now. */
export type TagStatus = "equal" | "copying" | "waiting" | "failed" | "skipped";

export interface ListedTag {
  readonly key: string;
  readonly state: TagStatus;
  /** How long the newest push we heard of has not been at its destination, in milliseconds. */
  readonly lagMs: number;
  /** How the last delivery at it ended; undefined when none has. */
  readonly last: LastOutcome | undefined;
  /** What it was last verified to name at its destination, and when. */
  readonly replicated: TagRecord["replicated"];
  /** Of a tag that is being copied: for how long, in milliseconds, and how far that has come. */
  readonly copyingMs?: number | undefined;
  readonly progress?: CopyProgress | undefined;
}

export function listedTag(key: string, record: TagRecord, now: number): ListedTag {
  const state = statusOf(record, now);
  const { wantedAt, last, replicated } = record;
  const listed = { key, state, lagMs: now - wantedAt, last, replicated };
  if (state !== "copying" || record.lease === undefined) return listed;
  const { since, progress } = record.lease;
  return { ...listed, copyingMs: since === undefined ? undefined : now - since, progress };
}

export function statusOf({ lease, last }: TagRecord, now: number): TagStatus {
  if (lease !== undefined && lease.until > now) return "copying";
  switch (last?.outcome) {
    case "failed":
    case "skipped":
      return last.outcome;
    case "replicated":
    case "unchanged":
    case "superseded":
      return "equal";
    case "deferred":
    case undefined:
      return "waiting";
  }
}

/** How many tags there are of each state. */
export function countStatuses(tags: readonly ListedTag[]): Readonly<Record<TagStatus | "all", number>> {
  const count = (state: TagStatus): number => tags.filter((tag) => tag.state === state).length;
  return {
    all: tags.length,
    equal: count("equal"),
    copying: count("copying"),
    waiting: count("waiting"),
    failed: count("failed"),
    skipped: count("skipped"),
  };
}
