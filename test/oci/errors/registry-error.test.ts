import { describe, expect, it } from "vitest";
import { recategorized, RegistryError } from "../../../src/oci/errors/registry-error.ts";

describe("a registry error", () => {
  const cause = new Error("reset");
  const failure = {
    side: "target",
    operation: "put-blob",
    category: "transient",
    subject: "r.io/app@sha256:ab",
    status: 503,
    code: "UNAVAILABLE",
    retryAfterMs: 2_000,
  } as const;
  const error = new RegistryError(failure, "HTTP 503", { cause });

  it("names the side, the operation, the subject and the problem", () => {
    expect(error.message).toBe("target put-blob r.io/app@sha256:ab: HTTP 503");
  });

  it("keeps everything but its category when that changes", () => {
    const again = recategorized(error, "deferred");
    expect(again).toMatchObject({
      ...failure,
      category: "deferred",
      problem: "HTTP 503",
      message: error.message,
      cause,
    });
    expect(error.category).toBe("transient");
  });
});
