import { describe, expect, it } from "vitest";
import { stateInWords } from "../../../cli/stack/image-status.ts";
import { describeReceipt } from "../../../cli/stack/describe-receipt.ts";
import { receiptOf } from "../../../src/api/schemas/receipt.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";

const receipt: Receipt = {
  id: "r-1",
  outcome: "replicated",
  digest: "sha256:1",
  pushedAt: 1_000,
  endedAt: 3_500,
  traceparent: "t",
};

describe("the state of an image that is not at a destination", () => {
  it.each([
    ["quarantined: unsigned", "QUARANTINED"],
    ["skipped: conflict", "SKIPPED"],
    [undefined, "NOT_TRACKED"],
  ])("with the reason %s is %s", (reason, shown) => {
    expect(stateInWords({ state: "NOT_TRACKED", ...(reason === undefined ? {} : { reason }) })).toBe(shown);
  });
});

describe("a receipt is shown", () => {
  it("with how its request ended, and how long after the push", () => {
    expect(describeReceipt(receiptOf(receipt))).toEqual([
      "1970-01-01T00:00:03.500Z replicated sha256:1 2.5 s after its push, request r-1",
    ]);
  });

  it("with why it failed", () => {
    const error = "cannot put r.test/app:v1: the registry answered HTTP 403";
    expect(describeReceipt(receiptOf({ ...receipt, outcome: "failed", reason: "target-denied", error }))[1]).toBe(
      `  ${error}`,
    );
  });

  it("with what its copy left out", () => {
    expect(describeReceipt(receiptOf({ ...receipt, leftOutCount: 1, leftOut: "layer sha256:2: foreign" }))[1]).toBe(
      "  left out: layer sha256:2: foreign",
    );
  });
});
