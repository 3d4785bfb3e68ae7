import { pushAge } from "../../src/replication/planning/copy-request.ts";
import type { Receipt } from "../../src/api/schemas/receipt.ts";
import { formatDuration } from "../terminal/format.ts";

/** How one copy request ended; on further lines, why it failed and what was left out. */
export function describeReceipt(receipt: Receipt): string[] {
  const { outcome, endedAt, digest, pushedAt = endedAt, id, error, leftOut, conflict, gate, configuration } = receipt;
  const { cancelledBy } = receipt;
  const lag = formatDuration(pushAge(pushedAt, endedAt));
  const what = [new Date(endedAt).toISOString(), outcome, digest].filter(Boolean).join(" ");
  return [
    `${what} ${lag} after its push, request ${id}${configuration === undefined ? "" : `, configuration ${configuration}`}`,
    ...(conflict === undefined ? [] : [`  ${conflict}`]),
    ...(error === undefined ? [] : [`  ${error}`]),
    ...(cancelledBy === undefined ? [] : [`  cancelled by ${cancelledBy}`]),
    ...(gate === undefined ? [] : [`  gate: ${gate}`]),
    ...(leftOut === undefined ? [] : [`  left out: ${leftOut}`]),
  ];
}
