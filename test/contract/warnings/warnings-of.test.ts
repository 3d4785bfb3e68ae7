import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { warningsOf } from "../../../src/contract/warnings/warnings-of.ts";

const SOURCE = { account: "123456789012", region: "us-east-1" };
const google = (name: string, prefix: string, requestsPerSecond = 250) => ({
  name,
  kind: "artifactRegistry",
  registry: "europe-docker.pkg.dev",
  prefix,
  requestsPerSecond,
  keySecret: "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf",
});
const rule = (repositories: string[], more: object = {}) => ({ repositories, destinations: ["a"], ...more });
const GATE = { gate: { maxBytes: 1_000_000 } };

function warnings(rules: object[], destinations: object[] = [google("a", "project/images")]): string[] {
  return warningsOf(parseConfiguration({ version: 1, source: SOURCE, destinations, rules }));
}

describe("a rule without a gate that copies untagged content", () => {
  it("is warned about beside a gated rule that may have the same repository and destination", () => {
    const found = warnings([rule(["team/**"], GATE), rule(["team/app", "tools/*"], { untagged: true })]);
    expect(found).toEqual([
      expect.stringMatching(/^rules\[1\]\.untagged: "rule 2" has no gate.*the gate of "rule 1" may hold back/),
    ]);
  });

  it.each([
    ["other repositories", [rule(["team/**"], GATE), rule(["tools/**"], { untagged: true })]],
    ["the gate, too", [rule(["team/**"], GATE), rule(["team/**"], { untagged: true, ...GATE })]],
    ["no untagged content", [rule(["team/**"], GATE), rule(["team/**"])]],
    [
      "left the gated repository out",
      [rule(["team/app"], GATE), rule(["team/**"], { untagged: true, exclude: { repositories: ["team/app"] } })],
    ],
  ])("is fine when it has %s", (_, rules) => {
    expect(warnings(rules)).toEqual([]);
  });

  it("is fine for another destination", () => {
    const destinations = [google("a", "project/images"), google("b", "other/images")];
    const rules = [rule(["**"], GATE), { repositories: ["**"], destinations: ["b"], untagged: true }];
    expect(warnings(rules, destinations)).toEqual([]);
  });
});

describe("the rates of destinations in Artifact Registry", () => {
  it("are fine by default, and above the default quota when destinations of one project and location share it", () => {
    const rules = [rule(["**"])];
    expect(warnings(rules, [google("a", "project/images")])).toEqual([]);
    expect(warnings(rules, [google("a", "project/images"), google("b", "other/images")])).toEqual([]);
    expect(warnings(rules, [google("a", "project/images"), google("b", "project/more")])).toEqual([
      expect.stringMatching(
        /^destinations a, b: the rates of a, b together allow 30000 requests a minute, and Google's default for project in europe is 18000/,
      ),
    ]);
  });

  it("are fine up to the quota exactly, and not above it", () => {
    const rules = [rule(["**"])];
    expect(warnings(rules, [google("a", "project/images", 300)])).toEqual([]);
    expect(warnings(rules, [google("a", "project/images", 301)])).toEqual([
      expect.stringContaining("its rate allows 18060"),
    ]);
  });
});
