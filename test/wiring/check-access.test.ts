import { expect, it } from "vitest";
import { parseConfiguration } from "../../src/contract/configuration/configuration.ts";
import { checkRoom, checkShares } from "../../src/wiring/check-access.ts";

const login = { keySecret: "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf" };
const google = { kind: "artifactRegistry", registry: "gcr.io", prefix: "project", ...login };

it("notes, and does not fail, when rates are above the default quota of Google: only Google knows the one in force", () => {
  const shares = (requestsPerSecond: number) =>
    checkShares(
      parseConfiguration({
        version: 1,
        source: { account: "123456789012", region: "us-east-1" },
        destinations: [{ name: "gar", ...google, requestsPerSecond }],
        rules: [{ repositories: ["**"], destinations: ["gar"] }],
      }),
    );
  const place = { place: "project in us", action: "share" };
  expect(shares(300)).toEqual([place]);
  expect(shares(400)).toEqual([{ ...place, note: expect.stringContaining("24000 requests a minute") }]);
});

const QUEUES = [{ priority: "live" }, { priority: "backfill" }, { priority: "long" }] as const;
const MOST = { live: 50, backfill: 10 };
const account = (unreserved: number) => () => Promise.resolve({ all: 1_000, unreserved });

it("finds room for all copies where Lambda allows the account more than the queues", async () => {
  expect(await checkRoom(QUEUES, MOST, account(61))).toEqual({ place: "account", action: "run" });
});

it.each([60, 10])(
  "says which quota to raise, or what to lower, when %d executions are all there are",
  async (unreserved) => {
    const { problem } = await checkRoom(QUEUES, MOST, account(unreserved));
    expect(problem).toMatch(
      new RegExp(
        `^up to 60 copies run at once, and Lambda allows the account 1000 concurrent executions, ${unreserved} of them unreserved: .*request a higher quota`,
      ),
    );
  },
);

it("counts the queues of all destinations", async () => {
  expect((await checkRoom([...QUEUES, ...QUEUES], MOST, account(100))).problem).toMatch(/^up to 120 copies/);
});

it("says why the quota could not be read", async () => {
  const denied = () => Promise.reject(new Error("not authorized to perform lambda:GetAccountSettings"));
  expect((await checkRoom(QUEUES, MOST, denied)).problem).toContain("lambda:GetAccountSettings");
});
