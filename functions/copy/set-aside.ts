import { failureOutcome } from "../../src/replication/copy/failure-outcome.ts";
import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import { noteSetAside } from "../../src/replication/holds/set-aside.ts";
import type { RepositoryPause } from "../../src/replication/holds/paused-repositories.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";
import type { TagRecord } from "../../src/replication/state/tag-record.ts";
import { COPY_MAX_ATTEMPTS } from "../../src/contract/stack/limits.ts";
import type { CopyDependencies } from "./copy-dependencies.ts";
import type { DeliveryResult } from "./delivery-result.ts";

/** Whether the repository of a request is paused. `unknown`: the table is unavailable, and so the copy must not begin. */
export type AskedPause =
  | { readonly kind: "open" }
  | { readonly kind: "paused"; readonly pause: RepositoryPause }
  | { readonly kind: "unknown"; readonly report: CopyReport };

type AskDependencies = Pick<CopyDependencies, "copies" | "runtime">;

/** Never throws: other questions are asked at the same time. */
export async function askPause(
  { repository }: CopyRequest,
  { copies, runtime: { now, random } }: AskDependencies,
  deadline: AbortSignal,
): Promise<AskedPause> {
  try {
    const pause = await copies.pauses.of(repository, deadline);
    return pause === undefined ? { kind: "open" } : { kind: "paused", pause };
  } catch (error) {
    const attempts = { attempts: 1, maxAttempts: COPY_MAX_ATTEMPTS, before: undefined };
    return { kind: "unknown", report: failureOutcome(error, { ...attempts, deadline, now: now(), random }) };
  }
}

/** Wait before a request of a paused repository is looked at again, if it cannot be set aside, in milliseconds. */
const AGAIN_MS = 60_000;

/** A request whose repository may be paused. */
export interface RestingRequest {
  readonly request: CopyRequest;
  /** The record of its tag, and where it is; undefined when that could not be found out. */
  readonly tag?: { readonly record: string; readonly tags: RecordStore<TagRecord> } | undefined;
}

/** How a delivery ends whose repository is paused, or may be. `isSetAside`: its message is not needed any more. */
export interface Rest {
  readonly report: CopyReport;
  readonly isSetAside: boolean;
}

/** Ends the delivery, unless the repository is not paused. */
export async function restWhilePaused(
  asked: AskedPause,
  resting: RestingRequest,
  dependencies: AskDependencies,
  ending: AbortSignal,
): Promise<Rest | undefined> {
  if (asked.kind === "open") return undefined;
  return asked.kind === "unknown"
    ? { report: asked.report, isSetAside: false }
    : setAside(resting, dependencies, ending);
}

/** The end of a request without a copy. One that would be tried again waits until the pause is over. */
export async function endOrRest(
  asked: AskedPause,
  ended: DeliveryResult & Pick<RestingRequest, "request">,
  dependencies: AskDependencies,
  ending: AbortSignal,
): Promise<DeliveryResult> {
  if (asked.kind !== "paused" || ended.report.outcome !== "deferred") return ended;
  const rest = await setAside({ request: ended.request }, dependencies, ending);
  return rest.isSetAside ? { ...ended, ...rest } : ended;
}

/**
 * Notes that a request waits without a message: its push, or for a request of another kind the record of its tag, says so.
 * @returns `isSetAside` false: it could not be noted, and its message is kept.
 */
async function setAside(
  { request, tag }: RestingRequest,
  { copies: { pending }, runtime: { now } }: AskDependencies,
  ending: AbortSignal,
): Promise<Rest> {
  const report = { outcome: "deferred", reason: "repository-paused", afterMs: AGAIN_MS } as const;
  const { pushedAt, askedAt } = request;
  const at = { pushedAt, askedAt, now: now() };
  try {
    const isPending = await pending.note(request, { setAsideAt: at.now }, ending);
    if (tag !== undefined) await tag.tags.update(tag.record, (known) => noteSetAside(known, at), ending);
    return { report, isSetAside: isPending || tag !== undefined };
  } catch (error) {
    return { report: { ...report, error }, isSetAside: false };
  }
}
