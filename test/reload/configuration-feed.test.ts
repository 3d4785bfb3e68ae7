import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../src/contract/configuration/configuration.ts";
import { NEVER } from "../../src/async/abort.ts";
import { fixedConfiguration, perConfiguration } from "../../src/reload/configuration-feed.ts";

const DOCUMENT = {
  version: 1,
  source: { account: "123456789012", region: "us-east-1" },
  destinations: [{ name: "gar", kind: "generic", registry: "127.0.0.1:1", prefix: "p", plainHttp: true }],
  rules: [{ repositories: ["app"], destinations: ["gar"] }],
};

describe("a configuration's version", () => {
  it("is that of its document, whatever the order of its fields", () => {
    const { version, source, destinations, rules } = DOCUMENT;
    const one = parseConfiguration(DOCUMENT).version;
    expect(one).toMatch(/^[0-9a-f]{12}$/);
    expect(parseConfiguration({ rules, destinations, source, version }).version).toBe(one);
  });

  it("differs when a value or the order of a list differs", () => {
    const withTags = (...tags: string[]) =>
      parseConfiguration({ ...DOCUMENT, rules: [{ ...DOCUMENT.rules[0], tags }] }).version;
    expect(new Set([parseConfiguration(DOCUMENT).version, withTags("a", "b"), withTags("b", "a")]).size).toBe(3);
  });
});

describe("what depends on a configuration", () => {
  it("is created once while the configuration stays, and again for the next one", async () => {
    const [first, second] = [parseConfiguration(DOCUMENT), parseConfiguration({ ...DOCUMENT, sparseIndexes: "keep" })];
    const created: string[] = [];
    const of = perConfiguration(({ version }) => {
      created.push(version);
      return { version };
    });
    const current = () => fixedConfiguration(first).current(NEVER);
    expect(of(await current())).toBe(of(await current()));
    expect(of(second).version).toBe(second.version);
    expect(of(first).version).toBe(first.version);
    expect(created).toEqual([first.version, second.version]);
  });
});
