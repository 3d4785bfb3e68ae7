import middy from "@middy/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createChain } from "../../../src/aws/chain/chain.ts";
import type { ChainOptions } from "../../../src/aws/chain/chain.ts";
import { QueueError } from "../../../src/aws/sqs/copy-request-sender.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import { linesOf } from "../../fixtures/function-lines.ts";
import { lambdaContext } from "../../fixtures/lambda-context.ts";

const context = lambdaContext();

/** What a function behind the real middy and the chain writes for one event, and after it. */
async function invoke(event: unknown, run: () => unknown, options: ChainOptions = {}) {
  vi.stubEnv("POWERTOOLS_LOG_LEVEL", "DEBUG");
  return linesOf(async () => {
    const { observer, middlewares } = createChain("copy", "images", options);
    const handler = middy()
      .use(middlewares)
      .handler(async () => {
        observer.info("Handler runs", {});
        return run();
      });
    await Promise.resolve(Reflect.apply(handler, undefined, [event, context])).catch(() => undefined);
    observer.info("Between invocations", {});
  });
}

/** What a line is: a message, or the name of its metric. */
const kindOf = (line: Record<string, unknown>): unknown =>
  line["message"] ?? Object.keys(line).find((key) => /^[A-Z][A-Za-z]+$/.test(key));
const fail = (error: Error) => (): never => {
  throw error;
};
const bug = fail(new TypeError("a bug"));

afterEach(() => vi.unstubAllEnvs());

describe("the chain of every function", () => {
  it("runs the first middleware outermost: it begins before the others and ends after them", async () => {
    const lines = await invoke({ id: "e1" }, bug);
    expect(lines.map(kindOf)).toEqual([
      "Invocation started",
      "Handler runs",
      "FunctionCrashes",
      "Function crashed",
      "InvocationDuration",
      "Invocation ended",
      "Between invocations",
    ]);
    const logs = lines.filter((line) => "message" in line);
    // The correlation is the first of all: every line of the others has it, and no line after them.
    expect(logs.map(({ correlationId }) => correlationId)).toEqual(["e1", "e1", "e1", "e1", undefined]);
    expect(logs[0]).toMatchObject({ function_request_id: context.awsRequestId });
  });

  it("ends in the same order when the handler succeeds, and reports no error", async () => {
    const lines = await invoke({ id: "e1" }, () => "done");
    expect(lines.map(kindOf)).toEqual([
      "Invocation started",
      "Handler runs",
      "InvocationDuration",
      "Invocation ended",
      "Between invocations",
    ]);
  });

  it("leaves the result and the error of the handler alone", async () => {
    const { middlewares } = createChain("copy", "images");
    const call = (run: () => string): unknown => {
      const handler = middy()
        .use(middlewares)
        .handler(() => run());
      return Reflect.apply(handler, undefined, [{}, context]);
    };
    await linesOf(async () => {
      await expect(call(() => "done")).resolves.toBe("done");
      await expect(call(bug)).rejects.toThrow(new TypeError("a bug"));
    });
  });

  it.each([
    ["an event", { id: "e1", source: "aws.ecr" }, "e1"],
    ["a message", { Records: [{ body: '{"id":"e2+2","destination":"gar"}' }] }, "e2"],
    ["a message that is no JSON", { Records: [{ body: "{" }] }, undefined],
    ["several messages", { Records: [{ body: '{"id":"a"}' }, { body: '{"id":"b"}' }] }, undefined],
    ["a schedule", {}, undefined],
  ])("takes the correlation id of %s", async (_what, event, expected) => {
    const ended = (await invoke(event, () => undefined)).find(({ message }) => message === "Invocation ended");
    expect(ended?.["correlationId"]).toBe(expected);
  });

  it("measures each invocation, by its end", async () => {
    let time = 1_000;
    const run = () => {
      time += 250;
      bug();
    };
    const lines = await invoke({}, run, { now: () => time });
    expect(lines).toContainEqual(
      expect.objectContaining({ service: "copy", stack: "images", reason: "crashed", InvocationDuration: 250 }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ message: "Invocation ended", outcome: "crashed", milliseconds: 250 }),
    );
  });

  it("logs and counts a crash", async () => {
    const lines = await invoke({}, bug);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "ERROR",
        message: "Function crashed",
        error: "a bug in freightliner: a bug; please report it",
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ service: "copy", stack: "images", FunctionCrashes: 1 }));
  });

  it.each([
    ["the table", new StoreError("the table cannot be used")],
    ["a queue", new QueueError("2 requests were not queued")],
    [
      "the source",
      new RegistryError({ side: "source", operation: "list-tags", subject: "app", category: "deferred" }, "away"),
    ],
  ])("does not report a crash when %s is unavailable", async (_what, error) => {
    const lines = await invoke({}, fail(error), { now: () => 0 });
    expect(lines.map(kindOf)).not.toContain("FunctionCrashes");
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "WARN", message: "Function ended early; it is called again" }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ reason: "unavailable", InvocationDuration: 0 }));
  });

  it("reports neither a crash nor an outage when the error is the handler's answer", async () => {
    const lines = await invoke({}, bug, { isRefusal: (error) => error.message === "a bug" });
    expect(lines.map(kindOf)).not.toContain("FunctionCrashes");
    expect(lines.filter(({ level }) => level === "WARN" || level === "ERROR")).toEqual([]);
    expect(lines).toContainEqual(expect.objectContaining({ message: "Invocation ended", outcome: "refused" }));
  });

  it("sends the spans of an invocation before its duration is known, also of one that failed, and says when they are lost", async () => {
    const ends: string[] = [];
    const flush = (lost?: Error) => () => Promise.resolve(void ends.push("sent")).then(() => lost);
    const lost = { flush: flush(new Error("the collector is away")) };
    const lines = await invoke({ id: "e1" }, bug, { tracing: () => lost });
    expect(lines.map(kindOf).slice(2)).toEqual([
      "FunctionCrashes",
      "Function crashed",
      "Spans could not be sent; none are for a minute",
      "InvocationDuration",
      "Invocation ended",
      "Between invocations",
    ]);
    expect(lines[4]).toMatchObject({ level: "WARN", error: expect.stringContaining("the collector is away") });
    const quiet = await invoke({ id: "e1" }, () => "done", { tracing: () => ({ flush: flush() }) });
    expect(quiet.map(kindOf)).not.toContain("Spans could not be sent; none are for a minute");
    expect(ends).toEqual(["sent", "sent"]);
  });

  it("sends no spans when little time is left: the next invocation does", async () => {
    const tracing = () => ({ flush: () => Promise.reject(new Error("too late")) });
    const { middlewares } = createChain("copy", "images", { tracing });
    const handler = middy()
      .use(middlewares)
      .handler(() => "done");
    await linesOf(async () => {
      expect(await Reflect.apply(handler, undefined, [{}, lambdaContext(1_999)])).toBe("done");
    });
  });
});
