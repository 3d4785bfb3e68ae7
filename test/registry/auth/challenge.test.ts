import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenges } from "../../../src/registry/auth/challenge.ts";

const read = (...lines: string[]) =>
  parseChallenges(lines).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe("challenges", () => {
  it("are read with their parameters, quoted or not, several in one header", () => {
    const [bearer, basic] = parseChallenges([
      'Bearer realm="https://a/token",service="r.io",scope="repository:a/b:pull,push", Basic realm=simple',
    ]);
    expect(bearer).toMatchObject({ scheme: "bearer" });
    expect(Object.fromEntries(bearer?.parameters ?? [])).toEqual({
      realm: "https://a/token",
      service: "r.io",
      scope: "repository:a/b:pull,push",
    });
    expect(basic?.parameters.get("realm")).toBe("simple");
  });

  it("are omitted when they are broken, and never read wrongly", () => {
    expect(parseChallenges([""])).toEqual([]);
    expect(parseChallenges(['Bearer realm="unclosed'])).toEqual([{ scheme: "bearer", parameters: new Map() }]);
    expect(parseChallenges(['"no scheme"', 'Bearer realm="a"'])).toHaveLength(1);
  });

  it.each([
    ["a line of its own", ["Negotiate", 'Bearer realm="r"']],
    ["a scheme without anything", ['NTLM, Bearer realm="r"']],
    ["a scheme with a token", ['Negotiate YII/abc+def==, Bearer realm="r"']],
    ["a scheme with parameters", ['Digest realm="x", nonce="a,b" , Bearer realm="r"']],
  ])("of schemes that we do not know are passed over: %s", (_what, lines) => {
    const bearer = parseChallenges(lines).find(({ scheme }) => scheme === "bearer");
    expect(bearer?.parameters.get("realm")).toBe("r");
  });

  it.each([
    [
      "parameters without commas",
      'Bearer realm="r" service="s" Basic realm="b"',
      [
        ["bearer", { realm: "r", service: "s" }],
        ["basic", { realm: "b" }],
      ],
    ],
    ["spaces around =", 'bearer realm = "r" , SERVICE= s', [["bearer", { realm: "r", service: "s" }]]],
    [
      "escapes in quotes",
      String.raw`Basic realm="a \"quoted\" one, Bearer realm=\\", Bearer realm="r"`,
      [
        ["basic", { realm: 'a "quoted" one, Bearer realm=\\' }],
        ["bearer", { realm: "r" }],
      ],
    ],
    [
      "empty members of the list",
      ', ,Bearer realm="r",, ,Basic realm=b,',
      [
        ["bearer", { realm: "r" }],
        ["basic", { realm: "b" }],
      ],
    ],
    ["a parameter twice", 'Bearer realm="first",realm="second"', [["bearer", { realm: "first" }]]],
    [
      "a token68 between two",
      'Basic realm="b", Negotiate abc==, Bearer realm="r"',
      [
        ["basic", { realm: "b" }],
        ["negotiate", {}],
        ["bearer", { realm: "r" }],
      ],
    ],
  ])("are read with %s", (_what, line, challenges) => {
    expect(read(line)).toEqual(challenges);
  });

  it("are read back from any quoted text", () => {
    assert(
      property(string({ unit: "grapheme-ascii" }), (realm) => {
        const quoted = realm.replaceAll(/["\\]/g, String.raw`\$&`);
        expect(read(`Basic realm="x", Bearer realm="${quoted}",service="s"`)[1]).toEqual([
          "bearer",
          { realm, service: "s" },
        ]);
      }),
    );
  });
});
