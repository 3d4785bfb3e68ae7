import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { RegistryFailure } from "../../../src/oci/errors/registry-error.ts";
import { failureClass, FAILURE_CLASSES } from "../../../src/replication/outcome/failure-class.ts";
import { FAILURE_REASONS, refusalReason } from "../../../src/replication/outcome/failure-reason.ts";

const runbook = readFileSync("docs/operate/runbook.md", "utf8");
const refused = (failure: Partial<RegistryFailure>): RegistryError =>
  new RegistryError(
    { side: "target", operation: "put-manifest", category: "permanent", subject: "r/a:v1", ...failure },
    "refused",
  );

describe("the reason of a failure", () => {
  it.each(FAILURE_REASONS)("%s has one class, and advice under it in the runbook", (reason) => {
    const failure = failureClass(reason);
    expect(FAILURE_CLASSES).toContain(failure);
    const rows = runbook.split("\n").filter((line) => line.includes(`\`${reason}\``) && line.trim().startsWith("|"));
    expect(rows.map((row) => row.split("|")[1]?.trim())).toEqual([`\`${failure}\``]);
  });

  it.each([
    [{ code: "DENIED" }, "target-denied"],
    [{ code: "UNAUTHORIZED", status: 401 }, "target-denied"],
    [{ status: 403 }, "target-denied"],
    [{ code: "TAG_IMMUTABLE" }, "target-tag-immutable"],
    [{ code: "MADE_UP_ELSEWHERE", status: 418 }, "target-refused"],
    [{ operation: "get-token", code: "DENIED" }, "target-login-refused"],
    [{ side: "source", code: "DIGEST_INVALID" }, "source-digest-invalid"],
  ] as const)("of %j is %s", (failure, reason) => {
    expect(refusalReason(refused(failure))).toBe(reason);
  });

  it("is no matter of permission when the source serves other bytes than it promised", () => {
    expect(failureClass("source-digest-invalid")).toBe("image");
    expect(failureClass("source-size-invalid")).toBe("image");
  });
});
