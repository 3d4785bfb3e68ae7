import { describe, expect, it } from "vitest";
import { FormatError } from "../../../src/oci/errors/format-error.ts";
import { parseCopyRequest, pushAge } from "../../../src/replication/planning/copy-request.ts";
import { planCopies, targetRepository } from "../../../src/replication/planning/plan-copies.ts";
import { configurationOf } from "../../fixtures/configuration.ts";

const request = { version: 1, id: "e", destination: "gar", repository: "a/b", reference: "v1", pushedAt: 1 };

describe("a copy request", () => {
  it("is the same after a round trip through the queue", () => {
    expect(parseCopyRequest(JSON.stringify(request))).toEqual(request);
  });

  it.each<[string, unknown, RegExp]>([
    ["no JSON", "{", /^message: is not JSON/],
    ["no version", { ...request, version: undefined }, /^version: none is not one/],
    ["a later version", { ...request, version: 2 }, /^version: 2 is not one/],
    ["a field too many", { ...request, target: "evil.test/x" }, /target/],
    ["a repository that climbs", { ...request, repository: "../x" }, /^repository: /],
    ["a reference that is neither", { ...request, reference: "a b" }, /^reference: /],
    ["no destination", { ...request, destination: "" }, /^destination: /],
  ])("P08: is refused for %s", (_case, body, problem) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expect(() => parseCopyRequest(text)).toThrow(FormatError);
    expect(() => parseCopyRequest(text)).toThrow(problem);
  });
});

describe("planning copies", () => {
  const { rules } = configurationOf(
    { repositories: ["app"], tags: ["v*"], destinations: ["one", "two"] },
    { repositories: ["**"], tags: ["latest"], destinations: ["one"] },
    { repositories: ["old"], destinations: ["two"], as: "new/name" },
  );
  const pushed = (repository: string, reference: string) => {
    const { repository: name, reference: what } = parseCopyRequest(
      JSON.stringify({ ...request, repository, reference }),
    );
    return { id: "e", repository: name, reference: what, isUntagged: false, pushedAt: 1 };
  };
  const destinations = (repository: string, reference: string): string[] =>
    planCopies(pushed(repository, reference), rules).map(({ destination }) => destination);

  it("makes one request per destination, however many rules name it", () => {
    expect(destinations("app", "v1")).toEqual(["one", "two"]);
    expect(destinations("app", "latest")).toEqual(["one"]);
    expect(destinations("app", "main")).toEqual([]);
  });

  it("requests content without a tag at every destination of its repository", () => {
    expect(destinations("app", `sha256:${"a".repeat(64)}`)).toEqual(["one", "two"]);
  });

  it("takes the target's name from the rules, and has none when no rule matches the message", () => {
    const target = (destination: string, repository: string, reference: string): string | undefined =>
      targetRepository({ destination, ...pushed(repository, reference) }, rules, "p/r");
    expect(target("two", "old", "v1")).toBe("p/r/new/name");
    expect(target("one", "app", "v1")).toBe("p/r/app");
    expect(target("two", "other", "v1")).toBeUndefined();
  });
});

describe("the age of a push", () => {
  it("is 0 when its time is unknown, and never negative", () => {
    expect([pushAge(0, 1_795_000_000_000), pushAge(2_000, 1_000), pushAge(1_000, 3_000)]).toEqual([0, 0, 2_000]);
  });
});
