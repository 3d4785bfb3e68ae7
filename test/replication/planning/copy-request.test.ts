import { describe, expect, it } from "vitest";
import { FormatError } from "../../../src/oci/errors/format-error.ts";
import { parseCopyRequest, pushAge } from "../../../src/replication/planning/copy-request.ts";
import { planCopies, targetName } from "../../../src/replication/planning/plan-copies.ts";
import { configurationOf } from "../../fixtures/configuration.ts";
import { planPreCopies, preCopyTarget } from "../../../src/replication/planning/plan-pre-copies.ts";
import { readRequestMessage } from "../../../src/replication/planning/request-message.ts";
import type { ImagePushed } from "../../../src/replication/planning/push-event.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";

const request = { version: 1, id: "e", destination: "gar", repository: "a/b", reference: "v1", pushedAt: 1 };

describe("a copy request", () => {
  it("is the same after a round trip through the queue", () => {
    expect(readRequestMessage(JSON.stringify(request))).toEqual({ kind: "copy", request });
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
    const read = readRequestMessage(text);
    expect(read.kind === "malformed" ? read.error.message : read).toMatch(problem);
  });
});

describe("planning copies", () => {
  const { rules } = configurationOf(
    { repositories: ["app"], tags: ["v*"], destinations: ["one", "two"] },
    { repositories: ["**"], tags: ["latest"], destinations: ["one"] },
    { repositories: ["old"], destinations: ["two"], as: "new/name" },
  );
  const pushed = (repository: string, reference: string) => {
    const { repository: name, reference: what } = parseCopyRequest({ ...request, repository, reference });
    return { id: "e", repository: name, reference: what, isUntagged: false, pushedAt: 1 };
  };
  const destinations = (repository: string, reference: string): string[] => {
    const planned = planCopies(pushed(repository, reference), rules);
    return planned.kind === "skipped" ? [] : planned.requests.map(({ destination }) => destination);
  };

  it("makes one request per destination, however many rules name it", () => {
    expect(destinations("app", "v1")).toEqual(["one", "two"]);
    expect(destinations("app", "latest")).toEqual(["one"]);
    expect(destinations("app", "main")).toEqual([]);
  });

  it("requests content without a tag at every destination of its repository", () => {
    expect(destinations("app", `sha256:${"a".repeat(64)}`)).toEqual(["one", "two"]);
  });

  it("takes the target's name from the rule", () => {
    expect(rules.map((rule) => targetName(rule, "old", "p/r"))).toEqual(["p/r/old", "p/r/old", "p/r/new/name"]);
  });

  it("has no name where it is too long for a repository", () => {
    expect(rules.map((rule) => targetName(rule, "x".repeat(253), "p/r"))).toEqual([
      undefined,
      undefined,
      "p/r/new/name",
    ]);
  });

  it("says why nothing is requested, and which rule came closest", () => {
    const { rules } = configurationOf(
      { name: "all", repositories: ["app"], tags: ["*"], exclude: { tags: ["dev-*"] }, destinations: ["one"] },
      { repositories: ["app"], tags: ["v*"], destinations: ["two"] },
    );
    expect(planCopies(pushed("app", "dev-1"), rules)).toEqual({ kind: "skipped", reason: "excluded", rule: "all" });
    expect(planCopies(pushed("web", "v1"), rules)).toEqual({ kind: "skipped", reason: "no-rule", rule: undefined });
  });

  it("requests what only the source's facts can decide", () => {
    const { rules } = configurationOf({ repositories: ["app"], latest: { count: 1 }, destinations: ["one"] });
    expect(planCopies(pushed("app", "v1"), rules)).toMatchObject({ requests: [{ destination: "one" }] });
  });
});

describe("the age of a push", () => {
  it("is 0 when its time is unknown, and never negative", () => {
    expect([pushAge(0, 1_795_000_000_000), pushAge(2_000, 1_000), pushAge(1_000, 3_000)]).toEqual([0, 0, 2_000]);
  });
});

describe("planning pre-copies", () => {
  const { rules } = configurationOf(
    { repositories: ["all/*"], destinations: ["one", "two"] },
    { repositories: ["never/*"], destinations: ["one"], preCopy: false },
    { repositories: ["some/*"], tags: ["v*"], destinations: ["one"] },
    { repositories: ["chosen/*"], tags: ["v*"], destinations: ["one"], preCopy: true },
    { repositories: ["limited/*"], latest: { count: 3 }, destinations: ["one"] },
  );
  const digest = digestOf(new Uint8Array());
  const pushed = (repository: string): ImagePushed => {
    const name = parseRepositoryName(repository);
    return { id: "e", repository: name, reference: digest, isUntagged: true, pushedAt: 1 };
  };
  const destinationsOf = (repository: string): string[] =>
    planPreCopies(pushed(repository), rules).map(({ destination }) => destination);

  it("requests one per destination of a rule that selects every tag, or that allows it", () => {
    expect(destinationsOf("all/app")).toEqual(["one", "two"]);
    expect(destinationsOf("chosen/app")).toEqual(["one"]);
    expect(destinationsOf("some/app")).toEqual([]);
    expect(destinationsOf("limited/app")).toEqual([]);
    expect(destinationsOf("never/app")).toEqual([]);
  });

  it("requests none for a tag, and none for a referrer", () => {
    expect(planPreCopies({ ...pushed("all/app"), isUntagged: false }, rules)).toEqual([]);
  });

  it("writes a message that is read as it was written, and that is no copy request", () => {
    const [request] = planPreCopies(pushed("all/app"), rules);
    const body = JSON.stringify(request);
    expect(readRequestMessage(body)).toEqual({ kind: "pre-copy", request });
    expect(() => parseCopyRequest(request)).toThrow(FormatError);
    expect(readRequestMessage(JSON.stringify({ version: 1, id: "e" })).kind).toBe("malformed");
    expect(readRequestMessage(JSON.stringify({ ...request, digest: "sha256:1" })).kind).toBe("malformed");
    expect(readRequestMessage("{").kind).toBe("malformed");
  });

  it("takes the target repository from the configuration", () => {
    const target = (destination: string, repository: string) =>
      preCopyTarget({ destination, repository: parseRepositoryName(repository) }, rules, "p")?.to;
    expect(target("one", "all/app")).toBe("p/all/app");
    expect(target("two", "chosen/app")).toBeUndefined();
  });
});
