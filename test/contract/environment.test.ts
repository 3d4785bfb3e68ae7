import { describe, expect, it } from "vitest";
import { CopyEnvironment, FanOutEnvironment } from "../../src/contract/environment.ts";

const configuration = {
  version: 1,
  source: { account: "123456789012", region: "eu-central-1" },
  destinations: [{ name: "gar", kind: "generic", registry: "127.0.0.1:1", prefix: "p", plainHttp: true }],
  rules: [{ repositories: ["**"], destinations: ["gar"] }],
};
const queue = { destination: "gar", priority: "live", arn: "arn:aws:sqs:eu-central-1:1:q", url: "https://sqs.test/q" };
const good = {
  FREIGHTLINER_CONFIGURATION: JSON.stringify(configuration),
  FREIGHTLINER_QUEUES: JSON.stringify([queue]),
};

describe("a function's environment", () => {
  it("is parsed into configuration and queues", () => {
    const parsed = FanOutEnvironment.parse(good);
    expect(parsed.FREIGHTLINER_QUEUES).toEqual([queue]);
    expect(parsed.FREIGHTLINER_CONFIGURATION.rules[0]?.matchesRepository("a")).toBe(true);
  });

  it.each([
    ["FREIGHTLINER_CONFIGURATION", "{}"],
    ["FREIGHTLINER_CONFIGURATION", undefined],
    ["FREIGHTLINER_QUEUES", "no json"],
    ["FREIGHTLINER_QUEUES", "[]"],
    ["FREIGHTLINER_QUEUES", JSON.stringify([{ ...queue, colour: "red" }])],
  ])("is refused at the start, by name, when %s is %j", (name, value) => {
    const { success, error } = FanOutEnvironment.safeParse({ ...good, [name]: value });
    expect(success).toBe(false);
    expect(error?.issues[0]?.path).toEqual([name]);
  });

  it("of the copy function takes a lease in seconds", () => {
    const copy = { ...good, FREIGHTLINER_TABLE: "state", FREIGHTLINER_DEAD_LETTERS: "https://sqs.test/dead" };
    expect(CopyEnvironment.parse({ ...copy, FREIGHTLINER_LEASE_SECONDS: "5" }).FREIGHTLINER_LEASE_SECONDS).toBe(5);
    expect(CopyEnvironment.safeParse({ ...copy, FREIGHTLINER_LEASE_SECONDS: "soon" }).success).toBe(false);
  });
});
