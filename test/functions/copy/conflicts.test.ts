import { describe, expect, it } from "vitest";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { documentOf } from "../../fixtures/configuration.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { MINUTE, setUpRules } from "./rules-fixture.ts";

describe("a request for a tag that someone else has moved at the target", () => {
  it.each([
    ["source-wins", { outcome: "replicated" }, []],
    ["skip", { outcome: "skipped", reason: "conflict" }, []],
    ["fail", { outcome: "failed", reason: "target-conflict" }, ["target-conflict"]],
  ] as const)("%s: its receipt and log line say what was found and done, and a metric counts it", async (...row) => {
    const [conflict, outcome, letters] = row;
    const { push, request, fixture, receipts, observer, buried } = setUpRules({ repositories: ["**"], conflict });
    push("v1");
    const foreign = addImage(fixture.target, ["foreign"], "v1");
    expect(await request("v1")).toMatchObject(outcome);
    const said: unknown = expect.stringMatching(new RegExp(`^${conflict}: ${foreign}, which Freightliner did not put`));
    expect([...receipts.values()]).toMatchObject([{ ...outcome, conflict: said }]);
    expect(observer.lines.at(-1)?.fields).toMatchObject({ conflict: said });
    expect(observer.counts.filter(({ metric }) => metric === "Conflicts")).toHaveLength(1);
    expect(buried).toEqual(letters);
  });

  it("goes by the time of the push for newest-wins", async () => {
    const { push, request, fixture, time } = setUpRules({ repositories: ["**"], conflict: "newest-wins" });
    push("v1");
    await request("v1", { pushedAt: time.now - MINUTE });
    const foreign = addImage(fixture.target, ["foreign"], "v1");
    time.now += MINUTE;
    expect(await request("v1", { pushedAt: time.now - 3 * MINUTE })).toMatchObject({ reason: "target-newer" });
    expect(fixture.target.tags.get("v1")).toBe(foreign);
    push("v1");
    expect(await request("v1", { pushedAt: time.now })).toMatchObject({ outcome: "replicated" });
  });
});

describe("a template of other tags", () => {
  const parse = (rename: string) =>
    parseConfiguration(documentOf({ repositories: ["**"], destinations: ["gar"], conflict: { rename } })).rules[0];

  it("names the tag once, and gives valid names", () => {
    expect(parse("aws-{tag}")?.conflict).toEqual({ strategy: "rename", template: "aws-{tag}" });
    expect(() => parse("from-aws")).toThrow(/must contain \{tag\} once/);
    expect(() => parse("{tag}-{tag}")).toThrow(/must contain \{tag\} once/);
    expect(() => parse("{tag}")).toThrow(/is the tag itself/);
    expect(() => parse("{tag}/aws")).toThrow(/gives names that no tag may have/);
  });
});
