import type { Change } from "../state/record-store.ts";
import { NEW_TAG } from "../state/tag-record.ts";
import type { TagRecord } from "../state/tag-record.ts";

/** Records that a request is set aside: the comparison requests a copy again once its repository is not paused any more. */
export function noteSetAside(
  record: TagRecord | undefined,
  {
    pushedAt,
    askedAt = 0,
    now,
  }: { readonly pushedAt: number; readonly askedAt?: number | undefined; readonly now: number },
): Change<TagRecord, void> {
  const { cancel, ...rest } = record ?? NEW_TAG;
  // An operator asks for the copy again.
  const known: TagRecord = cancel === undefined || askedAt > cancel.at ? rest : { ...rest, cancel };
  return { next: { ...known, wantedAt: Math.max(known.wantedAt, pushedAt), setAsideAt: now }, answer: undefined };
}

/** How long after a request was sent the record says so, in milliseconds, at most: it may have been set aside before. */
const RECORDED_MS = 60_000;

/** True if the last request was set aside because the repository was paused: it is not in a queue any more. */
export function isSetAside({ setAsideAt, asked }: TagRecord): boolean {
  return setAsideAt !== undefined && (asked === undefined || asked.at - RECORDED_MS <= setAsideAt);
}
