import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ADVICE } from "../../console/src/failure-advice.ts";
import { FAILURE_REASONS } from "../../src/replication/outcome/failure-reason.ts";

/** Cells of a row of the runbook's table, as the console shows them: without marks and links. */
function rowOf(line: string) {
  const [, , reasons = "", advice = ""] = line.split("|");
  const plain = advice
    .replaceAll(/ \(\[rules\]\([^)]*\)\)/g, "")
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/See \*([^*]*)\*/, "See $1, in the runbook")
    .replaceAll("`", "");
  return { reasons: [...reasons.matchAll(/`([^`]+)`/g)].map(([, reason]) => reason), advice: plain.trim() };
}

describe("the console's advice on failures", () => {
  it("is that of the runbook, reason by reason", () => {
    const lines = readFileSync("docs/operate/runbook.md", "utf8").split("\n");
    expect(ADVICE).toEqual(lines.filter((line) => /^ +\| `/.test(line)).map(rowOf));
  });

  it("has each reason of a failure once", () => {
    const known = ADVICE.flatMap(({ reasons }) => reasons);
    expect(known.toSorted()).toEqual([...FAILURE_REASONS, "delivered-too-often"].toSorted());
  });
});
