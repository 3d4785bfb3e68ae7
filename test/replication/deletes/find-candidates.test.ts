import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { referrersTag } from "../../../src/oci/referrers-tag.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { ConfigurationDocument } from "../../../src/contract/configuration/configuration-document.ts";
import { findCandidates } from "../../../src/replication/deletes/find-candidates.ts";
import { configurationOf } from "../../fixtures/configuration.ts";

const digest = (text: string): Digest => digestOf(new TextEncoder().encode(text));

/** The candidates of one repository `a`, as `tag: cause by rule`. */
function found(
  rules: readonly Partial<ConfigurationDocument["rules"][number]>[],
  at: { readonly source: readonly string[]; readonly target: readonly string[]; readonly type?: string },
): string[] {
  const documents = rules.map((rule) => ({ repositories: ["**"], destinations: ["gar"], ...rule }));
  const candidates = findCandidates({
    repository: "a",
    destination: "gar",
    rules: configurationOf(...documents).rules,
    isFor: ({ destinations }) => destinations.includes("gar"),
    images: at.source.map((tag, index) => ({
      tag: parseTag(tag),
      digest: digest(tag),
      pushedAt: index + 1,
      artifactType: at.type,
    })),
    target: new Map(at.target.map((tag) => [parseTag(tag), digest(tag)])),
    pushedAt: new Map(),
    now: 1_000,
  });
  return candidates.map(({ tag, cause, rule }) => `${tag}: ${cause} by ${rule}`);
}

describe("the tags that rules would delete", () => {
  it("are those of the target that the source does not have, if the rule that selects them mirrors deletes", () => {
    const at = { source: ["v1"], target: ["v1", "v2", "latest"] };
    expect(found([{ deletes: "mirror", tags: ["v*"] }], at)).toEqual(["v2: source-deleted by rule 1"]);
    expect(found([{ tags: ["v*"] }], at)).toEqual([]);
  });

  it("are not those that an earlier rule without deletes selects, or may have selected", () => {
    const at = { source: ["v1"], target: ["v1", "v2", "x"] };
    const mirror = { deletes: "mirror" } as const;
    expect(found([{ tags: ["v*"] }, mirror], at)).toEqual(["x: source-deleted by rule 2"]);
    const charts = { artifactTypes: { include: ["application/vnd.cncf.helm.*"] } };
    expect(found([charts, mirror], at)).toEqual([]);
    expect(found([{ ...charts, deletes: "mirror" }, mirror], at)).toHaveLength(2);
  });

  it("have the longest grace period and the smallest share of all rules that may have selected them", () => {
    const rules: readonly Partial<ConfigurationDocument["rules"][number]>[] = [
      {
        artifactTypes: { include: ["a/b"] },
        deletes: { mode: "mirror", graceHours: 9, maxRatioPerDay: 0.5, dryRun: false },
      },
      { deletes: { mode: "mirror", graceHours: 1, maxRatioPerDay: 0.2, dryRun: true } },
    ];
    const documents = rules.map((rule) => ({ repositories: ["**"], destinations: ["gar"], ...rule }));
    const [candidate] = findCandidates({
      repository: "a",
      destination: "gar",
      rules: configurationOf(...documents).rules,
      isFor: () => true,
      images: [],
      target: new Map([[parseTag("v1"), digest("v1")]]),
      pushedAt: new Map(),
      now: 1_000,
    });
    expect(candidate?.policy).toEqual({ graceMs: 9 * 3_600_000, maxRatioPerDay: 0.2, dryRun: true });
  });

  it("leave out signatures while a tag names their image, and lists of referrers", () => {
    const [signature = parseTag("none")] = cosignTags(digest("v1"));
    const list = referrersTag(digest("v1"));
    const rules = [{ deletes: "mirror" as const }];
    expect(found(rules, { source: ["v1"], target: ["v1", signature, list] })).toEqual([]);
    expect(found(rules, { source: ["v2"], target: ["v2", signature] })).toEqual([
      `${signature}: source-deleted by rule 1`,
    ]);
  });

  it("leave out a tag that a conflict has renamed, as long as the source has its original", () => {
    const rules = [{ deletes: "mirror" as const, conflict: { rename: "{tag}-aws" } }];
    const target = ["v1", "v1-aws", "v2-aws"];
    expect(found(rules, { source: ["v1"], target })).toEqual(["v2-aws: source-deleted by rule 1"]);
  });

  it("are all but the newest with retention, unless a rule copies them", () => {
    const keep = { retention: { keepLatest: 2 } };
    const at = { source: ["v1", "v2", "v3", "v4"], target: ["v1", "v2", "v3", "v4"] };
    expect(found([keep], at)).toEqual(["v1: retention by rule 1", "v2: retention by rule 1"]);
    expect(found([{ ...keep, priority: 1 }, { tags: ["v1"] }], at)).toEqual(["v2: retention by rule 1"]);
    expect(found([keep], { ...at, target: ["v1", "v2"] })).toEqual([]);
  });

  it("leave out tags whose time is unknown, for a rule that keeps the newest by their time", () => {
    const tags = ["v1", "v2", "v3"].map((tag) => parseTag(tag));
    const { rules } = configurationOf({
      repositories: ["**"],
      destinations: ["gar"],
      retention: { keepLatest: 1 },
    });
    const listings = {
      repository: "a",
      destination: "gar",
      rules,
      isFor: () => true,
      images: tags.map((tag) => ({ tag, digest: digest(tag), pushedAt: 0 })),
      target: new Map(tags.map((tag) => [tag, digest(tag)])),
      pushedAt: new Map(),
      now: 1_000,
    };
    expect(findCandidates(listings)).toEqual([]);
  });

  it("do not include those that only wait to be copied, so that at least the newest stay", () => {
    const rules = [{ retention: { keepLatest: 1 }, tags: ["v*"] }];
    expect(found(rules, { source: ["v1", "v2", "v3"], target: ["v1", "v2", "other"] })).toEqual([
      "v1: retention by rule 1",
    ]);
  });
});

describe("a rule with retention", () => {
  it("is refused if it copies more tags than it keeps", () => {
    const rule = { repositories: ["a"], destinations: ["gar"], retention: { keepLatest: 2 } };
    expect(() => configurationOf({ ...rule, latest: { count: 3, by: "pushed" } })).toThrow(/keepLatest: is less than/);
    expect(configurationOf({ ...rule, latest: { count: 2, by: "version" } }).rules[0]?.latest?.by).toBe("version");
    expect(configurationOf(rule).rules[0]?.latest).toMatchObject({ count: 2, by: "pushed" });
  });
});
