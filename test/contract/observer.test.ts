import { describe, expect, it } from "vitest";
import { describeError } from "../../src/contract/observer.ts";

describe("an error in a log line", () => {
  it("is its message and those of its causes", () => {
    const error = new Error("copy failed", { cause: new Error("put failed", { cause: new Error("reset") }) });
    expect(describeError(error)).toBe("copy failed <- put failed <- reset");
  });

  it("says nothing twice", () => {
    expect(describeError(new Error("put failed: reset", { cause: new Error("reset") }))).toBe("put failed: reset");
  });

  it("is one line of limited length, whatever the other side wrote into it", () => {
    const line = describeError(new Error(`a\r\n\u001b[31m\u2028b\u0085${"x".repeat(1_000_000)}`));
    expect(line).toMatch(/^a \[31m b x+$/);
    expect(line).toHaveLength(1_000);
  });

  it("is finite for causes in a circle, and something for what is no error", () => {
    const error = new Error("round");
    error.cause = error;
    expect(describeError(error)).toBe("round");
    expect(describeError("text")).toBe("text");
    expect(describeError(undefined)).toBe("undefined");
  });
});
