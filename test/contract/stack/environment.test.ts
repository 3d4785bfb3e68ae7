import { describe, expect, it } from "vitest";
import { CopyEnvironment, FanOutEnvironment, ProbeEnvironment } from "../../../src/contract/stack/environment.ts";

const parts = {
  source: { account: "1", region: "r" },
  destinations: [],
  longLane: true,
  reconcile: { everyMinutes: 1, schedules: [] },
};
const good = {
  FREIGHTLINER_CONFIGURATION_FILE: "/opt/c.json",
  FREIGHTLINER_PARTS: JSON.stringify(parts),
  FREIGHTLINER_STACK: "images",
};

describe("a function's environment", () => {
  it.each([
    ["FREIGHTLINER_CONFIGURATION_FILE", ""],
    ["FREIGHTLINER_CONFIGURATION_FILE", undefined],
    ["FREIGHTLINER_PARTS", "{}"],
    ["FREIGHTLINER_APPCONFIG", "an-application"],
    ["FREIGHTLINER_FLAGS", "retries.preset=off"],
    ["FREIGHTLINER_STACK", "no stack's name"],
    ["FREIGHTLINER_STACK", undefined],
    ["FREIGHTLINER_QUEUES_URL", "nowhere"],
  ])("is refused at the start, by name, when %s is %j", (name, value) => {
    const { success, error } = FanOutEnvironment.safeParse({ ...good, [name]: value });
    expect(success).toBe(false);
    expect(error?.issues[0]?.path).toEqual([name]);
  });

  it.each(["no json", "{}", '{"live":1,"backfill":2}', '{"live":50,"backfill":10,"other":3}'])(
    "takes how many copies run at once as a pair of numbers, not as %s",
    (FREIGHTLINER_CONCURRENCY) => {
      const probe = { ...good, FREIGHTLINER_TABLE: "state" };
      const pair = '{"live":50,"backfill":10}';
      expect(ProbeEnvironment.safeParse({ ...probe, FREIGHTLINER_CONCURRENCY: pair }).success).toBe(true);
      expect(ProbeEnvironment.safeParse({ ...probe, FREIGHTLINER_CONCURRENCY }).success).toBe(false);
    },
  );

  it("of the copy function can set the lease in seconds", () => {
    const copy = { ...good, FREIGHTLINER_TABLE: "state" };
    expect(CopyEnvironment.parse({ ...copy, FREIGHTLINER_LEASE_SECONDS: "5" }).FREIGHTLINER_LEASE_SECONDS).toBe(5);
    expect(CopyEnvironment.safeParse({ ...copy, FREIGHTLINER_LEASE_SECONDS: "soon" }).success).toBe(false);
  });
});
