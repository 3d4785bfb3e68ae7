import type { PlantedBug } from "./planted-bugs.ts";

const ENDS = "a cancelled copy ends with its heartbeat, once; only a newer push copies the image after that";
const CANCELLATION = "src/replication/holds/cancellation.ts";
const TAG_RECORD = "src/replication/state/tag-record.ts";
const CANCEL_COPY = "src/replication/holds/cancel-copy.ts";

/** Bugs of cancelled copies: one goes on or comes back, or another copy is cancelled. */
export const PLANTED_CANCELS: readonly PlantedBug[] = [
  {
    name: "a running copy does not notice its cancellation",
    by: "scenes",
    scene: ENDS,
    file: TAG_RECORD,
    find: 'answer: { kind: "held", newerPushAt, ...(cancel && { cancel }) },',
    replace: 'answer: { kind: "held", newerPushAt, ...(cancel?.at === 0 && { cancel }) },',
  },
  {
    name: "the end of a cancelled copy ends its cancellation, too",
    by: "scenes",
    scene: ENDS,
    file: "src/replication/state/tag-settlement.ts",
    find: "return { cancel: cancelled === undefined ? cancel : { ...cancel, digest: cancelled } };",
    replace: "return cancelled === undefined ? { cancel } : {};",
  },
  {
    name: "the comparison asks for a cancelled image",
    by: "scenes",
    scene: ENDS,
    file: CANCEL_COPY,
    find: "return cancel.digest === undefined || cancel.digest === digest;",
    replace: "return cancel.digest === undefined && digest.length > 0;",
  },
  {
    name: "a later delivery keeps a cancellation although the image was pushed again",
    by: "scenes",
    scene: ENDS,
    file: TAG_RECORD,
    find: "return wantedAt > cancel.wantedAt || askedAt",
    replace: "return askedAt",
    and: { file: CANCELLATION, find: "isOver: wantedAt > cancel.wantedAt };", replace: "isOver: wantedAt < 0 };" },
  },
  {
    name: "an operator cannot have a cancelled image copied",
    by: "scenes",
    scene: "a cancelled copy is copied when an operator asks for it",
    file: TAG_RECORD,
    find: " || askedAt > cancel.at ? undefined",
    replace: " || askedAt < 0 ? undefined",
  },
  {
    name: "a cancellation ends the copy of whatever the tag names next",
    by: "scenes",
    scene: "a push beside the cancellation of the copy of an older one arrives",
    file: CANCELLATION,
    find: "if ((cancel.digest ?? digest) !== digest) return undefined;",
    replace: "if (digest.length === 0) return undefined;",
  },
  {
    name: "a cancellation before the first heartbeat is about every image that follows",
    by: "scenes",
    scene: "a cancellation before the first heartbeat is about the image that is being copied, not about the next one",
    file: CANCELLATION,
    find: "known = { cancel: { ...cancel, digest }, isOver: false };",
    replace: "known = { cancel, isOver: false };",
  },
  {
    name: "a copy that waits to be tried again is tried in spite of its cancellation",
    by: "scenes",
    scene: "a cancelled copy whose process has died ends with its next delivery",
    file: "src/replication/copy/tag-session.ts",
    find: "cancellation.note(claim.cancel, wantedAt);",
    replace: "cancellation.note(undefined, wantedAt);",
    and: { file: TAG_RECORD, find: "...(cancel && { cancel }) },", replace: "}," },
  },
  {
    name: "a copy is cancelled that the operator has not seen",
    by: "scenes",
    scene: "an operator who has seen an earlier copy does not cancel a later one",
    file: CANCEL_COPY,
    find: "copy !== record.fence) return",
    replace: "copy > record.fence) return",
  },
  {
    name: "the copy of a tag that arrived stays cancelled",
    by: "scenes",
    scene: "a copy whose tag is being put is not cancelled any more",
    file: "src/replication/state/tag-settlement.ts",
    find: 'if (cancel === undefined || last.outcome !== "skipped" || last.reason !== "cancelled") return {};',
    replace: "if (cancel === undefined) return {};",
  },
];
