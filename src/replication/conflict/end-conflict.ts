import type { ManifestSource } from "../../oci/image-source.ts";
import type { Tag } from "../../oci/reference.ts";
import { describeConflict, TargetConflictError } from "../outcome/conflict.ts";
import type { ReportedConflict } from "../outcome/conflict.ts";
import type { CopyReport } from "../outcome/copy-report.ts";
import type { DecidedCase } from "./decide-conflict.ts";

export interface ConflictEnding {
  readonly source: Pick<ManifestSource, "resolve">;
  /** Copies the source's image under another tag, as a request with a lease of its own. */
  readonly copyAs: (tag: Tag, signal: AbortSignal) => Promise<CopyReport>;
}

/** How a conflict ends for which nothing is put under the tag itself. */
export type DecidedEnding =
  | { readonly kind: "ended"; readonly report: CopyReport }
  | { readonly kind: "copy-as"; readonly tag: Tag; readonly conflict: ReportedConflict };

/** The report of a conflict for which nothing is put under the tag itself; undefined for any other decision. */
export async function endConflict(
  decided: DecidedCase,
  { source, copyAs }: ConflictEnding,
  signal: AbortSignal,
): Promise<CopyReport | undefined> {
  const ending = await decideEnding(decided, source, signal);
  if (ending?.kind !== "copy-as") return ending?.report;
  return { ...(await copyAs(ending.tag, signal)), conflict: ending.conflict };
}

/** Decides that, and writes nothing. */
export async function decideEnding(
  { decision, conflict }: DecidedCase,
  source: ConflictEnding["source"],
  signal: AbortSignal,
): Promise<DecidedEnding | undefined> {
  if (conflict === undefined) return undefined;
  switch (decision.kind) {
    case "put":
    case "overwrite":
    case "merge":
      return undefined;
    case "keep":
      return decision.copiesContent ? undefined : ended({ outcome: "skipped", reason: decision.reason, conflict });
    case "fail":
      return ended(refused(conflict, ADVICE));
    case "rename":
      // The source's own tag of that name is copied under it.
      if ((await source.resolve(decision.tag, signal)) !== undefined)
        return ended(refused(conflict, `the source has a tag ${decision.tag}, too; change the rule's template`));
      return { kind: "copy-as", tag: decision.tag, conflict };
  }
}

const ended = (report: CopyReport): DecidedEnding => ({ kind: "ended", report });

const ADVICE = "delete or move the tag at the target, or change the rule's conflict, and redrive";

function refused(conflict: ReportedConflict, advice: string): CopyReport {
  const failed = { ...conflict, decision: "fail" } as const;
  const error = new TargetConflictError(`${describeConflict(failed)}; ${advice}`);
  return { outcome: "failed", reason: "target-conflict", error, conflict: failed };
}
