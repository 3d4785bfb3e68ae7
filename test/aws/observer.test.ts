import { afterEach, describe, expect, it, vi } from "vitest";
import { createLogging } from "../../src/aws/observer.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { linesOf } from "../fixtures/function-lines.ts";

afterEach(() => vi.unstubAllEnvs());

describe("the observer of a function", () => {
  it("emits a metric as one line with its unit, for a destination and a reason", async () => {
    const lines = await linesOf(() =>
      createLogging("copy", "images").observer.count(Metric.failedByClass, 2, "gar", "target"),
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
});
