import { traceparentOf } from "../../src/contract/trace.ts";
import type { CopyReport } from "../../src/replication/copy-report.ts";
import type { CopyRequest } from "../../src/replication/copy-request.ts";
import type { Receipt } from "../../src/replication/receipt.ts";

/** What is kept of a request's end. @param endedAt epoch milliseconds. */
export function receiptOf(
  report: Exclude<CopyReport, { outcome: "deferred" }>,
  { id, destination, repository, reference, pushedAt }: CopyRequest,
  endedAt: number,
): Receipt {
  const { outcome } = report;
  return {
    id,
    destination,
    repository,
    reference,
    pushedAt,
    endedAt,
    outcome,
    traceparent: traceparentOf(id),
    ...("reason" in report ? { reason: report.reason } : {}),
    ...("digest" in report ? { digest: report.digest } : {}),
    ...("tally" in report ? { bytesUploaded: report.tally.bytesUploaded } : {}),
  };
}
