import middy from "@middy/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createObserver } from "../../src/aws/observer.ts";
import { QueueError } from "../../src/aws/sqs/copy-request-sender.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { NotificationError } from "../../src/replication/state/notification-record.ts";
import { StoreError } from "../../src/replication/state/record-store.ts";
import { lambdaContext } from "../fixtures/lambda-context.ts";

const context = lambdaContext(1_000);

/** Lines that a function writes while something runs. */
async function linesOf(run: () => unknown): Promise<Record<string, unknown>[]> {
  vi.stubEnv("POWERTOOLS_DEV", "false");
  const written: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((text) => written.push(String(text)) > 0),
  );
  try {
    await run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return written
    .flatMap((text) => text.split("\n"))
    .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
}

afterEach(() => vi.unstubAllEnvs());

describe("the observer of a function", () => {
  it("emits a metric as one line with its unit, for a destination and a reason", async () => {
    const lines = await linesOf(() =>
      createObserver("copy", "images").observer.count(Metric.failedByClass, 2, "gar", "target"),
    );
    expect(lines).toMatchObject([
      {
        service: "copy",
        stack: "images",
        destination: "gar",
        reason: "target",
        TagsFailedByClass: 2,
        _aws: {
          CloudWatchMetrics: [
            {
              Namespace: "Freightliner",
              Dimensions: [["service", "stack", "destination", "reason"]],
              Metrics: [{ Name: "TagsFailedByClass", Unit: "Count" }],
            },
          ],
        },
      },
    ]);
  });

  it("logs and counts a crash, and leaves the error to Lambda", async () => {
    const { middlewares } = createObserver("probe", "images");
    const handler = middy()
      .use(middlewares)
      .handler(() => {
        throw new TypeError("a bug");
      });
    const lines = await linesOf(() =>
      expect(Reflect.apply(handler, undefined, [{}, context])).rejects.toThrow("a bug"),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "ERROR",
        message: "Function crashed",
        error: "a bug in freightliner: a bug; please report it",
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ service: "probe", stack: "images", FunctionCrashes: 1 }));
  });

  it.each([
    ["the table", new StoreError("the table cannot be used")],
    ["the webhook", new NotificationError("the webhook did not take an alarm")],
    ["a queue", new QueueError("2 requests were not queued")],
    [
      "the source",
      new RegistryError({ side: "source", operation: "list-tags", subject: "app", category: "deferred" }, "away"),
    ],
  ])("does not report a crash when %s is unavailable", async (_what, error) => {
    const { middlewares } = createObserver("reconcile", "images");
    const handler = middy()
      .use(middlewares)
      .handler(() => {
        throw error;
      });
    const lines = await linesOf(() =>
      expect(Reflect.apply(handler, undefined, [{}, context])).rejects.toThrow(error.message),
    );
    expect(lines).toEqual([
      expect.objectContaining({ level: "WARN", message: "Function ended early; it is called again" }),
    ]);
  });
});
