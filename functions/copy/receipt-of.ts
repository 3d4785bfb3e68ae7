import { describeError } from "../../src/contract/telemetry/observer.ts";
import { traceparentOf } from "../../src/contract/telemetry/traceparent.ts";
import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import type { CopyStatistics } from "../../src/replication/outcome/copy-statistics.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import { leftOutFields } from "../../src/replication/outcome/left-out.ts";
import { conflictField } from "../../src/replication/outcome/conflict.ts";
import { finalOutcome, originFields } from "../../src/replication/outcome/copy-report.ts";
import type { Receipt } from "../../src/replication/outcome/receipt.ts";
import { acceptedFields } from "../../src/replication/pending/pending-push.ts";
import type { PendingPush } from "../../src/replication/pending/pending-push.ts";

interface ReceiptContext {
  readonly request: CopyRequest | undefined;
  readonly messageId: string;
  /** The rule that decided. */
  readonly rule: string | undefined;
  /** The version of the configuration that decided. */
  readonly configuration: string;
  /** The accepted push that the request ends. */
  readonly push?: PendingPush | undefined;
}

/**
 * The receipt of a request. A message that cannot be parsed is identified by its own id.
 * @param endedAt epoch milliseconds.
 */
export function receiptOf(
  report: Exclude<CopyReport, { outcome: "deferred" }>,
  { request, messageId, rule, configuration, push }: ReceiptContext,
  endedAt: number,
): Receipt {
  const id = request?.id ?? messageId;
  return {
    ...(request === undefined ? {} : subjectOf(request)),
    id,
    endedAt,
    traceparent: traceparentOf(id),
    configuration,
    ...acceptedFields(push),
    ...(rule === undefined ? {} : { rule }),
    ...finalOutcome(report),
    ...("digest" in report ? { digest: report.digest } : {}),
    ...("statistics" in report ? bytesOf(report.statistics) : {}),
    ...("cancelled" in report ? { cancelledBy: report.cancelled?.by } : {}),
    ...originFields(report),
    ...leftOutFields(report.leftOut),
    ...conflictField(report.conflict),
    ...(report.gate === undefined ? {} : { gate: report.gate }),
    ...("error" in report ? { error: describeError(report.error) } : {}),
  };
}

function bytesOf({ bytesUploaded, bytesPreCopied }: CopyStatistics) {
  return { bytesUploaded, ...(bytesPreCopied === undefined ? {} : { bytesPreCopied }) };
}

function subjectOf({ destination, repository, reference, pushedAt }: CopyRequest) {
  return { destination, repository, reference, pushedAt };
}
