import { describe, expect, it } from "vitest";
import { startFunction } from "../../../local/lambda/function.ts";
import type { LocalFunction } from "../../../local/lambda/function.ts";
import { succeeded } from "../../../local/lambda/event-source-mapping.ts";
import { eventually } from "../../fixtures/eventually.ts";

const entry = new URL("./function-under-test.ts", import.meta.url);

async function withFunction(
  use: (fn: LocalFunction, lines: string[]) => Promise<void>,
  maxConcurrency = 2,
  timeoutMs = 60_000,
): Promise<void> {
  const lines: string[] = [];
  const definition = {
    name: "test",
    entry,
    environment: { SECRET: "s" },
    timeoutMs,
    onLog: (line: string) => void lines.push(line),
  };
  const fn = startFunction(definition, maxConcurrency);
  try {
    await use(fn, lines);
  } finally {
    await fn.close();
  }
}

describe("a local function", () => {
  it("runs its exported handler with its own variables and nothing of ours, and is reused while warm", async () => {
    await withFunction(async (fn, lines) => {
      expect(await fn.invoke({ say: "one" })).toEqual({ kind: "returned", value: { said: "one", invocations: 1 } });
      expect(await fn.invoke({ say: "two" })).toMatchObject({ value: { invocations: 2 } });
      await eventually("two lines", () => (lines.length === 2 ? true : undefined));
      expect(JSON.parse(lines[0]!)).toMatchObject({ message: "invoked", secret: "s" });
    });
  });

  it("receives its remaining time", async () => {
    await withFunction(async (fn) => {
      const result = await fn.invoke({ remaining: true });
      expect(result).toMatchObject({ kind: "returned", value: { name: "test" } });
      const left = result.kind === "returned" ? JSON.parse(JSON.stringify(result.value)).left : 0;
      expect(left).toBeGreaterThan(30_000);
      expect(left).toBeLessThanOrEqual(60_000);
    });
  });

  it("fails with the type and message of what it throws, and stays", async () => {
    await withFunction(async (fn) => {
      expect(await fn.invoke({ fail: "no" })).toEqual({ kind: "failed", errorType: "TypeError", errorMessage: "no" });
      expect(await fn.invoke({})).toMatchObject({ value: { invocations: 2 } });
    });
  });

  it("is killed at its time limit, whatever it does, and replaced", async () => {
    await withFunction(
      async (fn) => {
        expect(await fn.invoke({ hang: true })).toEqual({ kind: "timed-out" });
        expect(await fn.invoke({})).toMatchObject({ value: { invocations: 1 } });
      },
      1,
      400,
    );
  });

  it("fails like Lambda's runtime when its process ends, and is replaced", async () => {
    await withFunction(async (fn) => {
      expect(await fn.invoke({ exit: true })).toMatchObject({ kind: "failed", errorType: "Runtime.ExitError" });
      expect(await fn.invoke({})).toMatchObject({ value: { invocations: 1 } });
    });
  });

  it("has no more environments than it may, and can be killed altogether", async () => {
    await withFunction(async (fn) => {
      const hanging = [fn.invoke({ hang: true }), fn.invoke({ hang: true })];
      const waiting = fn.invoke({});
      await eventually(
        "both to hang",
        async () => (await Promise.race([waiting, Promise.resolve("waits")])) === "waits" || undefined,
      );
      await fn.killAll();
      expect((await Promise.all(hanging)).map(({ kind }) => kind)).toEqual(["failed", "failed"]);
      expect(await waiting).toMatchObject({ kind: "returned" });
    });
  });
});

describe("the answer of a batch", () => {
  const batch = [{ MessageId: "a" }, { MessageId: "b" }];
  const ids = (value: unknown): (string | undefined)[] =>
    succeeded({ kind: "returned", value }, batch).map(({ MessageId }) => MessageId);

  it.each<[string, unknown, string[]]>([
    ["nothing", null, ["a", "b"]],
    ["an empty list", { batchItemFailures: [] }, ["a", "b"]],
    ["null for the list", { batchItemFailures: null }, ["a", "b"]],
    ["one failure", { batchItemFailures: [{ itemIdentifier: "a" }] }, ["b"]],
    ["an id that is not in the batch", { batchItemFailures: [{ itemIdentifier: "c" }] }, []],
    ["an empty id", { batchItemFailures: [{ itemIdentifier: "" }] }, []],
    ["something else", { batchItemFailures: "a" }, []],
  ])("P14: of %s lets these messages go", (_case, value, gone) => {
    expect(ids(value)).toEqual(gone);
  });

  it("P13: of a failed or killed invocation lets none go", () => {
    expect(succeeded({ kind: "timed-out" }, batch)).toEqual([]);
    expect(succeeded({ kind: "failed", errorType: "E", errorMessage: "" }, batch)).toEqual([]);
  });
});
