import { describe, expect, it } from "vitest";
import { describeError } from "../../../src/contract/telemetry/observer.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";

describe("an error in a log line", () => {
  it("contains its message and those of its causes", () => {
    const error = new Error("copy failed", { cause: new Error("put failed", { cause: new Error("reset") }) });
    expect(describeError(error)).toBe("copy failed <- put failed <- reset");
  });

  it("repeats nothing", () => {
    expect(describeError(new Error("put failed: reset", { cause: new Error("reset") }))).toBe("put failed: reset");
  });

  it("of a registry states what was tried, the registry's response, and what to do next, without the library's text", () => {
    const failure = { side: "target", operation: "put-blob", category: "permanent", subject: "r.test/app" } as const;
    const cause = new Error("Response Error");
    expect(describeError(new RegistryError({ ...failure, status: 403 }, "HTTP 403 DENIED", { cause }))).toBe(
      "cannot send the blob r.test/app: the registry answered HTTP 403 DENIED; give the login of the stack the permission to push there",
    );
  });

  it("is one line of limited length, whatever the other side sent", () => {
    const line = describeError(new Error(`a\r\n\u001b[31m\u2028b\u0085${"x".repeat(1_000_000)}`));
    expect(line).toMatch(/^a \[31m b x+$/);
    expect(line).toHaveLength(1_000);
  });

  it("is finite for circular causes, and not empty for values that are not errors", () => {
    const error = new Error("round");
    error.cause = error;
    expect(describeError(error)).toBe("round");
    expect(describeError("text")).toBe("text");
    expect(describeError(undefined)).toBe("undefined");
  });
});
