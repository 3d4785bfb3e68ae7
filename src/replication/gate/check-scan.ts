import type { Digest } from "../../oci/digest.ts";
import type { GateCheck } from "../outcome/gate-audit.ts";
import { SEVERITIES } from "./gate.ts";
import type { Gate, ScanResult } from "./gate.ts";

type RequiredScan = NonNullable<Gate["scan"]>;

/** Whether the scans of all platforms of an image are there, and found nothing more severe than is allowed. */
export function checkScan(results: ReadonlyMap<Digest, ScanResult>, required: RequiredScan): GateCheck {
  const checks = [...results].map(([digest, result]) => checkOne(digest, result, required));
  const [worst] = [
    ...checks.filter(({ result }) => result === "refused"),
    ...checks.filter(({ result }) => result === "missing"),
    ...checks,
  ];
  return worst ?? { requirement: "scan", result: "refused", reason: "scan-unsupported", detail: "no image in it" };
}

function checkOne(digest: Digest, result: ScanResult, { maxSeverity, unsupported }: RequiredScan): GateCheck {
  switch (result.kind) {
    case "missing":
      return about("missing", "scan-missing", `${digest}: ${result.detail}`);
    case "unsupported":
      return unsupported === "pass"
        ? { requirement: "scan", result: "met", detail: `${digest}: ${result.detail}` }
        : about("refused", "scan-unsupported", `${digest}: ${result.detail}`);
    case "scanned": {
      const allowed = SEVERITIES.findIndex((severity) => severity === maxSeverity);
      const severe = [...result.counts].filter(([severity, count]) => count > 0 && rankOf(severity) > allowed);
      if (severe.length > 0) return about("refused", "severity", `${digest}: ${describe(severe)}`);
      return { requirement: "scan", result: "met", detail: `${digest}: ${describe([...result.counts])}` };
    }
  }
}

function about(
  result: "missing" | "refused",
  reason: "scan-missing" | "scan-unsupported" | "severity",
  detail: string,
): GateCheck {
  return { requirement: "scan", result, reason, detail };
}

/** A severity without a name in the order counts as the most severe: it has not been judged yet (`UNDEFINED`, `UNTRIAGED`). */
function rankOf(severity: string): number {
  const rank = SEVERITIES.findIndex((known) => known === severity.toLowerCase());
  return rank === -1 ? SEVERITIES.length : rank;
}

function describe(counts: readonly (readonly [severity: string, count: number])[]): string {
  const found = counts
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity.toLowerCase()}`);
  return found.length === 0 ? "no findings" : found.join(", ");
}
