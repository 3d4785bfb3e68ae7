import type { CopyProgress } from "./copy-progress.ts";
import type { LastOutcome } from "../outcome/outcome.ts";
import type { TagRecord } from "./tag-record.ts";

/** The status of a tag, as its record shows it. */
export type TagStatus = "equal" | "copying" | "waiting" | "failed" | "skipped" | "quarantined";

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
    case "quarantined":
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
  };
}
