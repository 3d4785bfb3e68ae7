import { beforeAll, describe, expect, it } from "vitest";
import { parseConfigurationFile } from "../../../src/contract/configuration/configuration-file.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { compileSubject } from "../../../src/contract/gate/subject-pattern.ts";
import { documentOf } from "../../fixtures/configuration.ts";
import { startSigstore } from "../../fixtures/images/sigstore-instance.ts";

const ISSUER = "https://token.actions.githubusercontent.com";
const OURS = { subject: "https://github.com/acme/**", issuer: ISSUER };

let root: object;
beforeAll(async () => {
  ({ root } = await startSigstore());
});

function documentWith(identities: readonly object[], trustedRoots: readonly object[] = [{ name: "sigstore", root }]) {
  const rule = { repositories: ["**"], destinations: ["gar"], gate: { signatures: { identities } } };
  return { ...documentOf({ repositories: ["**"], destinations: ["gar"] }), rules: [rule], trustedRoots };
}

function signersOf(identities: readonly object[], trustedRoots?: readonly object[]) {
  const [rule] = parseConfiguration(documentWith(identities, trustedRoots)).rules;
  return rule?.gate?.signatures?.identities ?? [];
}

describe("a pattern of subjects", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      "https://github.com/acme/*",
      ["https://github.com/acme/x"],
      [
        "https://github.com/acme-evil/x",
        "https://github.com/acme/x/y",
        "https://github.com/acme",
        "evil https://github.com/acme/x",
      ],
    ],
    [
      "https://github.com/acme/**",
      ["https://github.com/acme/x/.github/workflows/a.yml@refs/heads/main"],
      ["https://github.com/acme-evil/x", "https://github.com/acme", "xhttps://github.com/acme/x"],
    ],
    [
      "https://github.com/acme/shop/.github/workflows/release.yml@refs/tags/v*",
      ["https://github.com/acme/shop/.github/workflows/release.yml@refs/tags/v1.2"],
      [
        "https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/v1",
        "https://github.com/acme/shop/.github/workflows/release.yml@refs/tags/v1/x",
        "https://github.com/acme/shop/xgithub/workflows/release.yml@refs/tags/v1",
      ],
    ],
    [
      "https://gitlab.test/a/**/ci.yml@refs/heads/main",
      ["https://gitlab.test/a/b/c/ci.yml@refs/heads/main"],
      ["https://gitlab.test/a/b/ci.yml@refs/heads/main2"],
    ],
    ["*@acme.test", ["jane+ci@acme.test"], ["jane@acme.test.evil", "jane@xacme.test", "a/b@acme.test"]],
    ["jane@acme.test", ["jane@acme.test"], ["Jane@acme.test", "jane@acmeXtest", "janet@acme.test", ""]],
  ])("%s matches whole subjects only", (pattern, accepted, refused) => {
    expect(signersOf([{ ...OURS, subject: pattern }])).toHaveLength(1);
    const accepts = compileSubject(pattern);
    expect([...accepted, ...refused].filter(accepts)).toEqual(accepted);
  });

  it("takes linear time, whatever the subject", () => {
    const accepts = compileSubject(`https://a.test/**/${"*a".repeat(20)}`);
    expect(accepts(`https://a.test/${"a/a".repeat(10_000)}b`)).toBe(false);
  });

  it.each<[string, string]>([
    ["https://*/acme/x", "has a wildcard in its host"],
    ["https://github.com**", "has a wildcard in its host"],
    ["https://github.com/acme**", "has ** inside a part of the path"],
    ["https://github.com/**x", "has ** inside a part of the path"],
    ["**", "would accept everybody"],
    ["*@*", "would accept everybody"],
    ["**@acme.test", "has ** inside a part of the path, or before it"],
    ["**/release.yml@refs/heads/main", "has ** inside a part of the path, or before it"],
    ["^https://github.com/acme/.*$", "is a regular expression"],
    ["two words", "contains white space"],
  ])("%s is refused", (subject, problem) => {
    expect(() => signersOf([{ ...OURS, subject }])).toThrow(
      `rules[0].gate.signatures.identities[0].subject: "${subject}" ${problem}`,
    );
  });
});

describe("an identity in a configuration", () => {
  it.each([`${ISSUER.slice(0, 8)}*.test`, "token.actions.githubusercontent.com", "^https://x$"])(
    "has an exact issuer: %s is none",
    (issuer) => {
      expect(() => signersOf([{ ...OURS, issuer }])).toThrow("identities[0].issuer: is not the URL of an issuer");
    },
  );

  it("needs a trusted root; the message says how to get that of Sigstore", () => {
    expect(() => signersOf([OURS], [])).toThrow(
      /rules\[0\]\.gate\.signatures\.identities\[0\]: needs a trusted root .*cosign trusted-root create --with-default-services/,
    );
  });

  it("is verified by the only root, or by the one that it names", () => {
    const roots = [
      { name: "public", root },
      { name: "own", root },
    ];
    expect(signersOf([OURS])[0]?.root.name).toBe("sigstore");
    expect(signersOf([{ ...OURS, trustedRoot: "own" }], roots)[0]?.root.name).toBe("own");
    expect(() => signersOf([OURS], roots)).toThrow(
      "identities[0]: needs trustedRoot, as there are several: public, own",
    );
    expect(() => signersOf([{ ...OURS, trustedRoot: "x" }])).toThrow(
      'trustedRoot: "x" is not a trusted root (known: sigstore)',
    );
  });

  it("or a key must be named by signatures", () => {
    const rule = { repositories: ["**"], destinations: ["gar"], gate: { signatures: {} } };
    expect(() => parseConfiguration({ ...documentWith([OURS]), rules: [rule] })).toThrow("signatures: names no signer");
  });
});

describe("a trusted root", () => {
  it.each<[string, object, string]>([
    ["another file", { mediaType: "application/json" }, "trustedRoots[0].root.mediaType: is that of another file"],
    ["no authority", { certificateAuthorities: [] }, "trustedRoots[0].root.certificateAuthorities"],
    ["no proof of a time", { tlogs: [], timestampAuthorities: [] }, "nothing would prove when a signature was made"],
    [
      "a certificate that is none",
      { certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: "AAAA" }] } }] },
      "trustedRoots[0].root.certificateAuthorities[0].certChain.certificates[0].rawBytes: is not a certificate",
    ],
  ])("is refused with %s", (_what, change, problem) => {
    expect(() => signersOf([OURS], [{ name: "sigstore", root: { ...root, ...change } }])).toThrow(problem);
  });

  it("has one name, and is written out or in a file", () => {
    const twice = [
      { name: "a", root },
      { name: "a", root },
    ];
    expect(() => signersOf([{ ...OURS, trustedRoot: "a" }], twice)).toThrow('trustedRoots: "a" is defined twice');
    expect(() => signersOf([OURS], [{ name: "a" }])).toThrow("trustedRoots[0]: has either root or file");
    expect(() => signersOf([OURS], [{ name: "a", file: "r.json" }])).toThrow(
      "trustedRoots[0].file: only the file that a stack is deployed with may name another file",
    );
  });

  it("in a file is read with the configuration, and what functions get has it", () => {
    const text = JSON.stringify(documentWith([OURS], [{ name: "sigstore", file: "roots/r.json" }]));
    const files: string[] = [];
    const read = parseConfigurationFile(text, (file) => {
      files.push(file);
      return JSON.stringify(root);
    });
    expect(files).toEqual(["roots/r.json"]);
    expect(JSON.parse(read.text)).toMatchObject({ trustedRoots: [{ name: "sigstore", root }] });
    expect(read.configuration.rules[0]?.gate?.signatures?.identities[0]?.root.json).toEqual(root);
  });

  it("in a file that is missing or no JSON is refused with line and column", () => {
    const text = `${JSON.stringify(documentWith([OURS], [])).replace(/,"trustedRoots":\[\]}$/, "")},\n"trustedRoots": [{ "name": "a", "file": "r.json" }]}`;
    const missing = (): never => {
      throw new Error("ENOENT");
    };
    expect(() => parseConfigurationFile(text, missing)).toThrow(
      /line 2, column \d+: trustedRoots\[0\]\.file: "r\.json" cannot be read \(ENOENT\)/,
    );
    expect(() => parseConfigurationFile(text, () => "{}\n{}")).toThrow(
      '"r.json" is not JSON; of a file with one root in each line',
    );
  });
});
