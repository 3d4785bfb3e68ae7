import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseConfiguration } from "../../src/contract/configuration/configuration.ts";
import { ENGINES } from "../../src/contract/patterns/all-engines.ts";
import { readDocument } from "./documents.ts";

const federation = {
  audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/aws1",
};
/** What a snippet leaves out. */
const REST = {
  version: 1,
  source: { account: "123456789012", region: "us-east-1" },
  destinations: ["europe", "mirror"].map((name) => ({
    name,
    kind: "artifactRegistry",
    registry: "europe-docker.pkg.dev",
    prefix: `project/${name}`,
    federation,
  })),
  rules: [{ repositories: ["**"], destinations: ["europe"] }],
};

const snippetsOf = (path: string): unknown[] =>
  [...readDocument(path).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = ""]): unknown => parse(block));

describe("configurations in the documents", () => {
  it("can be deployed as they are", () => {
    const [whole, ...others] = snippetsOf("docs/use/deploy.md");
    expect(others).toEqual([]);
    expect(parseConfiguration(whole).destinations).toHaveLength(1);
  });

  it.each(["recipes", "rules", "gate", "directions", "settings"].flatMap((page) => snippetsOf(`docs/use/${page}.md`)))(
    "are accepted, with what they leave out: %j",
    (snippet) => {
      expect(parseConfiguration(Object.assign({}, REST, snippet), ENGINES).rules).not.toEqual([]);
    },
  );

  it("are rejected when a field is wrong", () => {
    expect(() => parseConfiguration({ ...REST, reconcil: {} })).toThrow(/reconcil/);
  });
});
