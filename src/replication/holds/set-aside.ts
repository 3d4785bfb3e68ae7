import type { Change } from "../state/record-store.ts";
import { NEW_TAG } from "../state/tag-record.ts";
import type { TagRecord } from "../state/tag-record.ts";

/** Records that a request is set aside: the comparison requests a copy again once its repository is not paused any more. */
export function noteSetAside(
  record: TagRecord | undefined,
  { pushedAt, now }: { readonly pushedAt: number; readonly now: number },
): Change<TagRecord, void> {
  const known = record ?? NEW_TAG;
  return { next: { ...known, wantedAt: Math.max(known.wantedAt, pushedAt), setAsideAt: now }, answer: undefined };
}

/** How long after a request was sent the record says so, in milliseconds, at most: it may have been set aside before. */
const RECORDED_MS = 60_000;

/** True if the last request was set aside because the repository was paused: it is not in a queue any more. */
export function isSetAside({ setAsideAt, asked }: TagRecord): boolean {
  return setAsideAt !== undefined && (asked === undefined || asked.at - RECORDED_MS <= setAsideAt);
}
