import { describe, expect, it } from "vitest";
import { describeLogLine, parseLogLine } from "../../local/view/log-line.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { LOCAL_USAGE, OptionsError, parseLocalOptions } from "../../local/stack/local-options.ts";

describe("the options of npm start", () => {
  it("have defaults that start everything on free ports", () => {
    expect(parseLocalOptions([])).toMatchObject({
      once: false,
      json: false,
      data: undefined,
      sourcePort: undefined,
      concurrency: 4,
      demo: true,
    });
  });

  it.each([
    "--once",
    "--json",
    "--data",
    "--source-port",
    "--target-port",
    "--config",
    "--set",
    "--concurrency",
    "--timeout",
    "--canary",
    "--notify",
    "--no-demo",
    "--help",
  ])("are explained: %s", (flag) => {
    expect(LOCAL_USAGE).toContain(flag);
  });

  it.each([
    [["--port"]],
    [["--source-port", "x"]],
    [["--target-port", "70000"]],
    [["--concurrency", "1"]],
    [["--once", "--no-demo"]],
    [["--notify", "https://hooks.example.com/x"]],
    [["--notify", "http://hooks.example.com/x"]],
    [["--notify", "here"]],
    [["extra"]],
  ])("are refused with a reason for %j", (args) => {
    expect(() => parseLocalOptions(args)).toThrow(OptionsError);
  });

  it("are not called a bug of this program when they are unknown", () => {
    const refused = (): string => {
      try {
        parseLocalOptions(["--no-open"]);
        return "accepted";
      } catch (error) {
        return describeError(error);
      }
    };
    expect(refused()).toMatch(/^Unknown option '--no-open'/);
    expect(refused()).not.toContain("a bug in");
  });
});

describe("a line of a function's log", () => {
  it("becomes a sentence for people, by how the copy ended", () => {
    const line = (fields: object): string | undefined => {
      const parsed = parseLogLine(
        JSON.stringify({ level: "INFO", message: "Copy ended", repository: "a", reference: "v1", ...fields }),
      );
      return parsed && describeLogLine("copy", parsed);
    };
    expect(
      line({
        outcome: "replicated",
        digest: `sha256:${"a".repeat(64)}`,
        lagMs: 1_500,
        blobsUploaded: 2,
        bytesUploaded: 3_000_000,
      }),
    ).toBe("replicated a:v1 sha256:aaaaaaaaaaaa (2 blobs, 3.0 MB sent, 0 already present, 1.5 s after the push)");
    expect(line({ outcome: "failed", reason: "target-denied", error: "no" })).toBe("failed a:v1: target-denied (no)");
    expect(line({ message: "Tombstone ended: deleted: source-deleted" })).toBe("deleted a:v1: source-deleted");
    expect(line({ level: "ERROR", message: "No tag left", destination: "gar" })).toBe("copy: No tag left: a to gar");
    expect(line({ message: "Canary arrived", destination: "gar", lagMs: 2_100 })).toBe(
      "the canary arrived at gar, 2.1 s after its push",
    );
    expect(line({})).toBeUndefined();
  });

  it.each([
    [{ asked: 1, missed: 0 }, "compared: 1 tag differs and is queued"],
    [{ asked: 3, missed: 2 }, "compared: 3 tags differ and are queued; no event had told of 2"],
  ])("says of a comparison with %j what differs", (counts, said) => {
    const parsed = parseLogLine(JSON.stringify({ level: "INFO", message: "Comparison ended", ...counts }));
    expect(parsed && describeLogLine("reconcile", parsed)).toContain(said);
  });

  it("that is no JSON, or a metric, says nothing", () => {
    expect(parseLogLine("plain text")).toBeUndefined();
    expect(parseLogLine('{"_aws":{}}')).toBeUndefined();
  });
});
