import { brotliCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  configurationInVariable,
  packConfiguration,
} from "../../../src/contract/configuration/configuration-source.ts";

const TEXT = JSON.stringify({
  version: 1,
  source: { account: "123456789012", region: "eu-central-1" },
  destinations: [{ name: "gar", kind: "generic", registry: "registry.example", prefix: "p" }],
  rules: [{ repositories: ["team/{a,ä}"], destinations: ["gar"] }],
});

describe("the configuration in a variable", () => {
  it.each([
    ["packed", packConfiguration(TEXT)],
    ["as JSON", TEXT],
  ])("is read %s", async (_how, value) => {
    const { source, rules } = await configurationInVariable(value).read();
    expect([source.region, rules[0]?.repositoryGlobs]).toEqual(["eu-central-1", ["team/{a,ä}"]]);
  });

  it("packs to the same value each time, which fits into a variable", () => {
    expect(packConfiguration(TEXT)).toBe(packConfiguration(TEXT));
    expect(packConfiguration(TEXT)).toMatch(/^[A-Za-z0-9+/]+=*$/);
  });

  it.each([
    ["nothing that was packed", "bm90aGluZw=="],
    ["no base64 at all", "§"],
    [
      "more than a configuration can be",
      brotliCompressSync(`{"version":"${"x".repeat(2_000_000)}"}`).toString("base64"),
    ],
  ])("is refused when it is %s", async (_what, value) => {
    await expect(configurationInVariable(value).read()).rejects.toThrow(
      "configuration: is neither JSON nor a packed configuration",
    );
  });

  it("is refused, by field, when it unpacks to an invalid configuration", async () => {
    const wrong = packConfiguration(TEXT.replace("123456789012", "1"));
    await expect(configurationInVariable(wrong).read()).rejects.toThrow(/source\.account: /);
  });
});
