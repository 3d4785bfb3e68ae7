import { pushAge } from "../../src/replication/planning/copy-request.ts";
import { describeGate } from "../../src/replication/outcome/gate-audit.ts";
import { describeOutcome } from "../../src/replication/outcome/outcome.ts";
import type { Receipt } from "../../src/replication/outcome/receipt.ts";
import { formatDuration } from "../terminal/format.ts";

/** How one copy request ended; on further lines, why it failed and what was left out. */
export function describeReceipt(receipt: Receipt): string[] {
  const { endedAt, digest, pushedAt = endedAt, id, error, leftOut, conflict, gate, configuration } = receipt;
  const lag = formatDuration(pushAge(pushedAt, endedAt));
  const what = [new Date(endedAt).toISOString(), describeOutcome(receipt), digest].filter(Boolean).join(" ");
  return [
    `${what} ${lag} after its push, request ${id}${configuration === undefined ? "" : `, configuration ${configuration}`}`,
    ...(conflict === undefined ? [] : [`  ${conflict}`]),
    ...(error === undefined ? [] : [`  ${error}`]),
    ...(gate === undefined ? [] : [`  gate: ${describeGate(gate)}`]),
    ...(leftOut === undefined ? [] : [`  left out: ${leftOut}`]),
  ];
}
