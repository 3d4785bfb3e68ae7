import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseConfigurationFile } from "../../src/contract/configuration/configuration-file.ts";
import { parseConfiguration } from "../../src/contract/configuration/configuration.ts";
import { startSigstore } from "../fixtures/images/sigstore-instance.ts";
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

/** The file that a snippet names. */
let trustedRoot = "";
beforeAll(async () => {
  trustedRoot = JSON.stringify((await startSigstore()).root);
});

describe("configurations in the documents", () => {
  it("can be deployed as they are", () => {
    const [whole, ...others] = snippetsOf("docs/use/deploy.md");
    expect(others).toEqual([]);
    expect(parseConfiguration(whole).destinations).toHaveLength(1);
  });

  it.each(["recipes", "rules", "gate", "directions", "settings"].flatMap((page) => snippetsOf(`docs/use/${page}.md`)))(
    "are accepted, with what they leave out: %j",
    (snippet) => {
      const text = JSON.stringify(Object.assign({}, REST, snippet));
      expect(parseConfigurationFile(text, () => trustedRoot).configuration.rules).not.toEqual([]);
    },
  );

  it("are rejected when a field is wrong", () => {
    expect(() => parseConfiguration({ ...REST, reconcil: {} })).toThrow(/reconcil/);
  });
});
