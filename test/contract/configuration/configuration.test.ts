import { describe, expect, it } from "vitest";
import {
  ConfigurationError,
  parseConfiguration,
  parseDocumentText,
} from "../../../src/contract/configuration/configuration.ts";
import { parseConfigurationFile } from "../../../src/contract/configuration/configuration-file.ts";
import type { ConfigurationDocument } from "../../../src/contract/configuration/configuration-document.ts";

const destination = {
  name: "gar",
  kind: "artifactRegistry",
  registry: "europe-docker.pkg.dev",
  prefix: "p/r",
  federation: { audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/aws/providers/aws" },
} as const;
const { federation: _login, ...shut } = destination;
const secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:google-key-AbCdEf";
const minimal: ConfigurationDocument = {
  version: 1,
  source: { account: "123456789012", region: "eu-central-1" },
  destinations: [destination],
  rules: [{ repositories: ["**"], destinations: ["gar"] }],
};
const second = { ...destination, name: "us", registry: "us-docker.pkg.dev" };

describe("a configuration", () => {
  it("needs only source, destinations and rules; all tags are the default", () => {
    const { rules, source } = parseConfiguration(minimal);
    expect(rules[0]?.matchesRepository("team/app")).toBe(true);
    expect(rules[0]?.matchesTag("v1.2.3_rc-1")).toBe(true);
    expect(source.access.plainHttp).toBe(false);
  });

  it.each([
    "//iam.googleapis.com/x",
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/x;touch ${HOME}-owned;#/providers/y",
    '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/y"\nresource',
    "//iam.googleapis.com/projects/me/locations/global/workloadIdentityPools/pool/providers/aws",
  ])("takes Google's ids in an audience, of which commands are made, and nothing else: %s", (audience) => {
    const trusting = { ...minimal, destinations: [{ ...destination, federation: { audience } }] };
    expect(() => parseConfiguration(trusting)).toThrow(/destinations\[0\]\.federation\.audience: is not \/\/iam/);
  });

  it("in a file is refused when it is larger than any stack can hold", () => {
    expect(() => parseConfigurationFile(`#${"x".repeat(1_100_000)}`)).toThrow(
      /configuration: is larger than 1048576 bytes/,
    );
  });

  it("refuses what is no platform, and stripped indexes where an index is named by its digest", () => {
    const refused = (platforms: object, untagged = false) => {
      const rules = [{ repositories: ["**"], platforms, untagged, destinations: ["gar"] }];
      return () => parseConfiguration({ ...minimal, rules });
    };
    expect(refused({ include: ["amd64"], keep: "strip" })).toThrow(/platforms\.include\[0\]: is not os\/architecture/);
    expect(refused({ include: ["linux/amd64"] })).toThrow(/rules\[0\]\.platforms\.keep/);
    expect(refused({ include: ["linux/amd64"], keep: "strip" }, true)).toThrow(/platforms\.keep: a stripped index/);
    expect(refused({ include: ["linux/amd64"], keep: "sparse" }, true)).not.toThrow();
  });

  it("has at most 1,000 rules", () => {
    const rules = Array.from({ length: 1_001 }, () => ({ repositories: ["a"], destinations: ["gar"] }));
    expect(() => parseConfiguration({ ...minimal, rules })).toThrow(/rules: Too big/);
  });

  it.each([
    ["its usual host", "123456789012.dkr.ecr.eu-central-1.amazonaws.com", "eu-central-1"],
    ["FIPS", "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1"],
    ["dual-stack", "123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"],
    ["dual-stack with FIPS", "123456789012.dkr-ecr-fips.us-gov-west-1.on.aws", "us-gov-west-1"],
    ["China's", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"],
  ])("takes account and region from the registry's host: %s", (_form, registry, region) => {
    expect(parseConfiguration({ ...minimal, source: { registry } }).source).toMatchObject({
      account: "123456789012",
      region,
      access: { registry },
    });
  });

  it("needs account and region when the host does not contain them", () => {
    expect(() => parseConfiguration({ ...minimal, source: { registry: "127.0.0.1:5000", plainHttp: true } })).toThrow(
      /source\.account: [\s\S]*source\.region: /,
    );
  });

  it("matches repositories and tags by globs", () => {
    const [rule] = parseConfiguration({
      ...minimal,
      rules: [{ repositories: ["prod/*", "lib-?"], tags: ["v*", "latest"], destinations: ["gar"] }],
    }).rules;
    expect(["prod/a", "prod/a/b", "lib-1", "lib-10", "dev/a"].filter((name) => rule?.matchesRepository(name))).toEqual([
      "prod/a",
      "lib-1",
    ]);
    expect(["v1", "latest", "main", ".v"].filter((tag) => rule?.matchesTag(tag))).toEqual(["v1", "latest"]);
  });

  it.each<[string, unknown, RegExp]>([
    ["an unknown key", { ...minimal, colour: "red" }, /colour/],
    ["an unknown key deep inside", { ...minimal, source: { ...minimal.source, acount: "1" } }, /source: .*acount/],
    ["another version", { ...minimal, version: 2 }, /version/],
    [
      "a registry of another account or region, by whatever form of its host",
      { ...minimal, source: { ...minimal.source, registry: "999999999999.dkr-ecr-fips.us-east-1.on.aws" } },
      /source\.registry: .* is the registry of 999999999999 in us-east-1, not of/,
    ],
    [
      "Artifact Registry without a login",
      { ...minimal, destinations: [shut] },
      /destinations\[0\]\.federation: is missing: only Google identities may write to Artifact Registry/,
    ],
    [
      "a key beside a federation",
      { ...minimal, destinations: [{ ...destination, keySecret: secret }] },
      /destinations\[0\]\.keySecret: conflicts with federation/,
    ],
    [
      "a secret by a name that is not a complete ARN",
      { ...minimal, destinations: [{ ...shut, keySecret: secret.slice(0, -7) }] },
      /destinations\[0\]\.keySecret: is not the complete ARN of a secret/,
    ],
    ["no destinations", { ...minimal, destinations: [] }, /destinations/],
    [
      "a short account",
      { ...minimal, source: { account: "12", region: "eu-central-1" } },
      /source\.account: is not a 12-digit/,
    ],
    ["a region that is none", { ...minimal, source: { account: "123456789012", region: "europe" } }, /source\.region/],
    ["an unknown kind", { ...minimal, destinations: [{ ...destination, kind: "harbor" }] }, /destinations\[0\]\.kind/],
    [
      "a registry with a scheme",
      { ...minimal, destinations: [{ ...destination, registry: "https://gcr.io" }] },
      /destinations\[0\]\.registry/,
    ],
    [
      "a prefix outside the grammar",
      { ...minimal, destinations: [{ ...destination, prefix: "P/R" }] },
      /destinations\[0\]\.prefix/,
    ],
    [
      "a rule to nowhere",
      { ...minimal, rules: [{ repositories: ["a"], destinations: ["x"] }] },
      /rules\[0\]\.destinations: "x" is not a destination \(known: gar\)/,
    ],
    [
      "one name for two destinations",
      { ...minimal, destinations: [destination, { ...second, name: "gar" }] },
      /"gar" is defined twice/,
    ],
    [
      "two destinations in one place",
      { ...minimal, destinations: [destination, { ...destination, name: "b" }] },
      /destinations\[1\]: "b" and "gar" are both/,
    ],
    [
      "another name for a glob",
      { ...minimal, rules: [{ repositories: ["a/*"], destinations: ["gar"], as: "b" }] },
      /rules\[0\]\.as: needs a rule of exactly one/,
    ],
    [
      "a name that another repository has",
      {
        ...minimal,
        rules: [
          { repositories: ["a"], destinations: ["gar"], as: "lib/b" },
          { repositories: ["lib/*"], destinations: ["gar"] },
        ],
      },
      /rules\[0\]\.as: "lib\/b" is also the target of another repository in rules\[1\]/,
    ],
    [
      "two repositories with one new name",
      {
        ...minimal,
        rules: [
          { repositories: ["a"], destinations: ["gar"], as: "x" },
          { repositories: ["b"], destinations: ["gar"], as: "x" },
        ],
      },
      /"x" is also the target/,
    ],
    [
      "plain HTTP to a host that is not this one",
      { ...minimal, destinations: [{ ...destination, plainHttp: true }] },
      /plainHttp: plain HTTP is only for loopback/,
    ],
    ["plain HTTP to Amazon", { ...minimal, source: { ...minimal.source, plainHttp: true } }, /source\.plainHttp/],
    [
      "a destination that is the source",
      {
        ...minimal,
        destinations: [{ ...shut, kind: "generic", registry: "123456789012.dkr.ecr.eu-central-1.amazonaws.com" }],
      },
      /destinations\[0\]\.registry: is the source itself/,
    ],
    ["no object", "text", /configuration/],
    [
      "a pattern that matches nothing",
      { ...minimal, rules: [{ repositories: ["a", "/app"], destinations: ["gar"] }] },
      /rules\[0\]\.repositories\[1\]: "\/app" starts or ends with \//,
    ],
    [
      "one destination inside another",
      { ...minimal, destinations: [destination, { ...destination, name: "b", prefix: "p/r/team" }] },
      /destinations\[1\]: "b" .* and "gar" .* overlap/,
    ],
  ])("is refused for %s, by its field", (_case, document, problem) => {
    expect(() => parseConfiguration(document)).toThrow(ConfigurationError);
    expect(() => parseConfiguration(document)).toThrow(problem);
  });

  it("allows the same repository name in two destinations, and another name of one repository in each", () => {
    const rules = [
      { repositories: ["a"], destinations: ["gar"], as: "b" },
      { repositories: ["b"], destinations: ["us"] },
    ];
    expect(parseConfiguration({ ...minimal, destinations: [destination, second], rules }).rules).toHaveLength(2);
  });

  describe("with canaries", () => {
    const canary = { repository: "ops/canary" };
    const problemsOf = (changed: object): string => {
      try {
        parseConfiguration({ ...minimal, stack: { canary }, ...changed });
        return "";
      } catch (error) {
        return error instanceof ConfigurationError ? error.problems.join("\n") : String(error);
      }
    };

    it("pushes one every 15 minutes unless it says otherwise, and not more often than every 10", () => {
      const { stack } = parseConfiguration({ ...minimal, stack: { canary } });
      expect(stack.canary).toEqual({ repository: "ops/canary", intervalMinutes: 15 });
      expect(parseConfiguration(minimal).stack.canary).toBeUndefined();
      expect(problemsOf({ stack: { canary: { ...canary, intervalMinutes: 9 } } })).toMatch(/intervalMinutes/);
      expect(problemsOf({ stack: { canary: { repository: "Ops" } } })).toMatch(
        /canary.repository: is not a repository name/,
      );
    });

    it.each([
      ["no rule is for its repository", { repositories: ["prod/**"], destinations: ["gar", "us"] }],
      [
        "a rule excludes its repository",
        { repositories: ["**"], exclude: { repositories: ["ops/**"] }, destinations: ["gar", "us"] },
      ],
      ["no rule takes its tag", { repositories: ["**"], tags: ["v*"], destinations: ["gar", "us"] }],
      [
        "a rule excludes its tag",
        { repositories: ["**"], exclude: { tags: ["freightliner-*"] }, destinations: ["gar", "us"] },
      ],
      ["one destination has no rule for it", { repositories: ["**"], destinations: ["gar"] }],
    ])("is refused when %s", (_why, rule) => {
      const problems = problemsOf({ destinations: [destination, second], rules: [rule] });
      expect(problems).toMatch(
        /stack\.canary\.repository: no rule copies ops\/canary:freightliner-canary to "us".*add a rule for "ops\/canary"/,
      );
    });

    it.each([
      ["minAgeMinutes", { minAgeMinutes: 5 }],
      ["latest", { latest: { count: 3 } }],
      ["artifactTypes", { artifactTypes: { exclude: ["application/spdx+json"] } }],
      ["platforms", { platforms: { include: ["linux/amd64"], keep: "sparse" } }],
      ["gate", { gate: { maxBytes: 1 } }],
    ])("is refused when the rule that decides has %s, unless another rule comes first", (field, condition) => {
      const held = { name: "held", repositories: ["**"], destinations: ["gar"], ...condition };
      expect(problemsOf({ rules: [held] })).toMatch(
        new RegExp(`"held" decides about ops/canary:freightliner-canary for "gar" and has ${field}`),
      );
      const own = { repositories: ["ops/canary"], destinations: ["gar"], priority: 1 };
      expect(problemsOf({ rules: [held, own] })).toBe("");
    });

    it("is refused with another source than Amazon ECR, and without metrics", () => {
      const source = { kind: "generic", account: "123456789012", region: "eu-central-1", registry: "registry.example" };
      expect(problemsOf({ source })).toMatch(
        /stack.canary: canaries are pushed to Amazon ECR, and the source is "generic"/,
      );
      expect(problemsOf({ stack: { canary, metrics: false } })).toMatch(/stack.canary: its alarm needs stack.metrics/);
    });
  });

  it("that is not JSON is refused, without a fallback", () => {
    expect(() => parseDocumentText("{")).toThrow(/configuration: is not JSON/);
  });

  it("reports all problems at once", () => {
    const wrong = { ...minimal, source: { account: "1", region: "x" } };
    expect(() => parseConfiguration(wrong)).toThrow(/account[\s\S]*region/);
  });
});
