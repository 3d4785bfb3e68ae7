import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CopyEnvironment } from "../../src/contract/environment.ts";
import { LOCAL_USAGE } from "../../local/options.ts";
import { parseConfiguration } from "../../src/contract/configuration.ts";

const documents = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];
const flags = (text: string): string[] => [...new Set(text.match(/--[a-z][a-z-]+/g))].toSorted();

describe("the documents", () => {
  it.each(documents)("link only to what is there: %s", (document) => {
    const links = [...readFileSync(document, "utf8").matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
      ([, target]) => target ?? "",
    );
    expect(links.filter((target) => !existsSync(join(dirname(document), target)))).toEqual([]);
  });

  it("name every option of npm start, and no other", () => {
    const table = readFileSync("docs/local.md", "utf8").split("## For scripts")[0] ?? "";
    expect(flags(table)).toEqual(flags(LOCAL_USAGE));
  });

  it("name every variable of the functions, and no other", () => {
    const text = readFileSync("docs/configuration.md", "utf8");
    expect([...new Set(text.match(/FREIGHTLINER_[A-Z_]+/g))].toSorted()).toEqual(
      Object.keys(CopyEnvironment.shape).toSorted(),
    );
  });

  it("name every threat that is tried, and no other", () => {
    const files = readdirSync("test/threats").filter((name) => name.endsWith(".test.ts"));
    const tests = files.map((name) => readFileSync(`test/threats/${name}`, "utf8")).join("\n");
    const tried = new Set([...tests.matchAll(/^describe\("([^:]+):/gm)].flatMap(([, ids = ""]) => ids.split(", ")));
    const named = [...readFileSync("docs/threats.md", "utf8").matchAll(/^\| (T\d\d) \|/gm)].map(([, id]) => id);
    expect(named).toEqual([...tried].toSorted());
    expect(named).toHaveLength(27);
  });

  it("name fields that the configuration takes, and all of them", () => {
    const fields = [
      ...readFileSync("docs/configuration.md", "utf8").matchAll(/^\| `([a-z]+(?:\[\])?[.\w[\]]*)` \|/gm),
    ].map(([, field]) => field ?? "");
    const full = {
      version: 1,
      source: {
        account: "123456789012",
        region: "us-east-1",
        registry: "127.0.0.1:1",
        plainHttp: true,
        blobHosts: ["h"],
      },
      destinations: [
        {
          name: "d",
          kind: "artifactRegistry",
          registry: "127.0.0.1:2",
          prefix: "p",
          plainHttp: true,
          federation: { audience: "//iam.googleapis.com/x", serviceAccount: "a@b.test" },
        },
        { name: "g", kind: "generic", registry: "127.0.0.1:3", prefix: "p", allowedHosts: ["h"] },
      ],
      rules: [{ repositories: ["a"], tags: ["*"], destinations: ["d"], as: "b" }],
      sparseIndexes: "fail",
      retries: { preset: "standard", operations: {} },
    };
    parseConfiguration(full);
    expect(fields.toSorted()).toEqual([...new Set(leaves(full))].toSorted());
  });
});

/** Paths of an example document, lists as `name[]`. */
function leaves(value: object, prefix = ""): string[] {
  return Object.entries(value).flatMap(([name, child]: [string, unknown]): string[] => {
    const children: unknown[] = Array.isArray(child) ? child : [child];
    return children.flatMap((each) => {
      const isNested = typeof each === "object" && each !== null && Object.keys(each).length > 0;
      const path = `${prefix}${name}${Array.isArray(child) && isNested ? "[]" : ""}`;
      return isNested ? leaves(each, `${path}.`) : [path];
    });
  });
}
