import { describe, expect, it } from "vitest";
import { queueByArn, queuesOf } from "../../../src/contract/stack/queues.ts";

const place = (region: string, baseUrl?: string) =>
  queuesOf({
    stack: "images",
    source: { account: "123456789012", region },
    destinations: [{ name: "gar" }],
    longLane: true,
    baseUrl,
  });

describe("the queues of a deployment", () => {
  it("include no long queues without a long lane", () => {
    const { copies } = queuesOf({
      stack: "images",
      source: { account: "123456789012", region: "eu-central-1" },
      destinations: [{ name: "gar" }],
      longLane: false,
    });
    expect(copies.map(({ priority }) => priority)).toEqual(["live", "backfill"]);
  });

  it("have SQS's URLs with their names", () => {
    const { copies, deadLetters } = place("eu-central-1");
    expect(copies).toEqual(
      (["live", "backfill", "long"] as const).map((priority) => ({
        destination: "gar",
        priority,
        name: `images-copies-gar-${priority}-eu-central-1`,
        url: `https://sqs.eu-central-1.amazonaws.com/123456789012/images-copies-gar-${priority}-eu-central-1`,
      })),
    );
    expect(deadLetters.url).toBe(
      "https://sqs.eu-central-1.amazonaws.com/123456789012/images-dead-letters-eu-central-1",
    );
  });

  it("use China's domain in China, and the base URL of a local server", () => {
    expect(place("cn-north-1").deadLetters.url).toMatch(/^https:\/\/sqs\.cn-north-1\.amazonaws\.com\.cn\//);
    expect(place("eu-central-1", "http://127.0.0.1:1/0/").copies[0]?.url).toMatch(
      /^http:\/\/127\.0\.0\.1:1\/0\/images-/,
    );
  });

  it("are found by the ARN of a message, and no other queue is", () => {
    const { copies } = place("eu-central-1");
    const arn = "arn:aws:sqs:eu-central-1:123456789012:images-copies-gar-backfill-eu-central-1";
    expect(queueByArn(copies, arn)?.priority).toBe("backfill");
    expect(queueByArn(copies, arn.replace("images", "other"))).toBeUndefined();
  });
});
