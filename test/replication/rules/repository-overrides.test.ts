import { describe, expect, it } from "vitest";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { isAllowed, overridesOf, rememberOverrides } from "../../../src/replication/rules/repository-overrides.ts";

const allowed = (tags: Record<string, string>) => {
  const overrides = overridesOf(new Map(Object.entries(tags)));
  return ["europe", "asia"].filter((name) => isAllowed(name, overrides));
};

describe("the tags of a repository", () => {
  it.each([
    [{}, ["europe", "asia"]],
    [{ team: "web" }, ["europe", "asia"]],
    [{ "freightliner:replicate": "on" }, ["europe", "asia"]],
    [{ "freightliner:replicate": "off" }, []],
    [{ "freightliner:destinations": "asia moon" }, ["asia"]],
    [{ "freightliner:destinations": "" }, []],
    [{ "freightliner:destinations": "asia", "freightliner:replicate": "off" }, []],
  ])("restrict its destinations: %j leaves %j", (tags, left) => {
    expect(allowed(tags)).toEqual(left);
  });

  it("hold back when the value of replicate is not understood, and are reported", () => {
    const tags = { "freightliner:replicate": "Off", "freightliner:replicat": "off", team: "web" };
    expect(allowed(tags)).toEqual([]);
    expect(overridesOf(new Map(Object.entries(tags))).unknown).toEqual([
      "freightliner:replicate=Off",
      "freightliner:replicat=off",
    ]);
  });

  it("are read once a minute for each repository, and stay while they cannot be read", async () => {
    const time = { now: 1_000_000 };
    const asked: string[] = [];
    let isAvailable = true;
    const read = rememberOverrides(
      (repository) => {
        asked.push(repository);
        if (!isAvailable) return Promise.reject(new Error("unavailable"));
        return Promise.resolve(overridesOf(new Map([["freightliner:replicate", "off"]])));
      },
      () => time.now,
    );
    const [app, web] = [parseRepositoryName("app"), parseRepositoryName("web")];
    const { signal } = new AbortController();
    await Promise.all([read(app, signal), read(app, signal)]);
    await read(web, signal);
    expect(asked).toEqual(["app", "web"]);
    time.now += 60_000;
    isAvailable = false;
    expect(await read(app, signal)).toMatchObject({ replicate: false });
    expect(asked).toHaveLength(3);
    await expect(read(parseRepositoryName("other"), signal)).rejects.toThrow("unavailable");
  });
});
