import { describe, expect, it } from "vitest";
import { receiptOf } from "../../../functions/copy/receipt-of.ts";
import { logReport } from "../../../functions/copy/report.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { formatExplanation, explainError } from "../../../src/oci/errors/error-explanation.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import { emptyStatistics } from "../../../src/replication/outcome/copy-statistics.ts";
import { copyRequest } from "../../fixtures/replicate-context.ts";
import { createObserved } from "../observer.ts";

const digest: Digest = `sha256:${"a".repeat(64)}`;
const request = copyRequest("v1");
const delivery = { messageId: "m1", receiveCount: 1, rule: "releases", configuration: "0123456789ab" };

/** The log line and the receipt of an outcome. */
function saidOf(report: Exclude<CopyReport, { outcome: "deferred" }>) {
  const observer = createObserved();
  logReport(observer, report, request, delivery);
  return { line: observer.lines.at(-1)?.fields, receipt: receiptOf(report, { request, ...delivery }, 1_000) };
}

describe("the end of a request", () => {
  it("names the version of the configuration that decided, in the log line and in the receipt", () => {
    const { line, receipt } = saidOf({ outcome: "unchanged", digest });
    expect([line?.["configuration"], receipt.configuration]).toEqual(["0123456789ab", "0123456789ab"]);
  });

  it("names the rule that decided, in the log line and in the receipt", () => {
    const { line, receipt } = saidOf({ outcome: "skipped", reason: "not-latest" });
    expect([line?.["rule"], receipt.rule, receipt.outcome]).toEqual(["releases", "releases", "skipped"]);
  });

  const leftOut = [{ kind: "attachments", digest, problem: "HTTP 403 DENIED" }] as const;
  const said = { leftOutCount: 1, leftOut: `attachments of ${digest}: HTTP 403 DENIED` };

  it("reports what the copy left out in the log line and in the receipt, in the same words", () => {
    const { line, receipt } = saidOf({
      outcome: "replicated",
      digest,
      statistics: emptyStatistics(),
      lagMs: 5,
      leftOut,
    });
    expect(line).toMatchObject(said);
    expect(receipt).toMatchObject(said);
  });

  it("describes a failure in the same words in the log line, in the receipt and at the command line", () => {
    const failure = {
      side: "target",
      operation: "put-manifest",
      category: "permanent",
      subject: "r.test/app:v1",
    } as const;
    const error = new RegistryError({ ...failure, status: 403, code: "DENIED" }, "HTTP 403 DENIED no writers");
    const said = {
      error: `${formatExplanation(explainError(error, "command"))}; give the login of the stack the permission to push there`,
    };
    const { line, receipt } = saidOf({ outcome: "failed", reason: "target-denied", error });
    expect(line).toMatchObject({ reason: "target-denied", ...said });
    expect(receipt).toMatchObject({ reason: "target-denied", ...said });
    expect(said.error).toMatch(/^cannot put r\.test\/app:v1: the registry answered HTTP 403 DENIED no writers; /);
  });

  it("reports what the copy left out also when another part of the copy failed", () => {
    const { line, receipt } = saidOf({ outcome: "failed", reason: "target-denied", error: new Error("no"), leftOut });
    expect(line).toMatchObject({ reason: "target-denied", ...said });
    expect(receipt).toMatchObject({ reason: "target-denied", ...said });
  });
});
