import { describe, expect, it } from "vitest";
import { configurationInVariable } from "../../../src/contract/configuration/configuration-source.ts";
import { EXAMPLE, synthesise } from "../template.ts";

/** As many destinations as one likes, none like another: a project, a pool and a service account each. */
function documentOf(destinations: number, rules = 1) {
  const federation = (index: number) => ({
    audience: `//iam.googleapis.com/projects/${482_910_573_000 + index * 7_919}/locations/global/workloadIdentityPools/aws-${index}/providers/freightliner-${index}`,
    serviceAccount: `freightliner-${index}@production-images-${index * 31}.iam.gserviceaccount.com`,
  });
  const names = Array.from({ length: destinations }, (_, index) => `destination-${index}`);
  return {
    ...EXAMPLE,
    destinations: names.map((name, index) => ({
      name,
      kind: "artifactRegistry",
      registry: "europe-west3-docker.pkg.dev",
      prefix: `production-images-${index * 31}/images-${index}`,
      federation: federation(index),
    })),
    rules: Array.from({ length: rules }, (_, index) => ({
      repositories: [`team-${index}/service-${(index * 37) % 101}/**`],
      tags: ["v*", `release-${index}`],
      destinations: [names[index % destinations] ?? "", names[0] ?? ""],
    })),
  };
}

interface Variables {
  readonly [name: string]: unknown;
}

/** The variables of each function, with a table's name as long as CloudFormation's in place of its reference. */
function variablesOf(document: object): Variables[] {
  const functions = Object.values(synthesise(document).findResources("AWS::Lambda::Function"));
  return functions.map((found) => {
    const variables: Variables = found["Properties"].Environment.Variables;
    return Object.fromEntries(
      Object.entries(variables).map(([name, value]) => {
        if (typeof value === "string") return [name, value];
        expect(value).toEqual({ Ref: expect.stringContaining("State") });
        return [name, "freightliner-FreightlinerState0123ABCD-0123456789ABC"];
      }),
    );
  });
}

describe("the variables of the functions", () => {
  it.each([
    [1, 1],
    [4, 4],
    [20, 25],
    [20, 60],
  ])("fit into Lambda's 4 KB with %d destinations and %d rules", (destinations, rules) => {
    const sizes = variablesOf(documentOf(destinations, rules)).map((each) => Buffer.byteLength(JSON.stringify(each)));
    expect(sizes).toHaveLength(4);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4_096);
  });

  it("contain the configuration unchanged", async () => {
    const document = documentOf(20, 25);
    const [first] = variablesOf(document);
    const { destinations, rules } = await configurationInVariable(String(first?.["FREIGHTLINER_CONFIGURATION"])).read();
    expect(destinations.map(({ name, prefix }) => [name, prefix])).toEqual(
      document.destinations.map(({ name, prefix }) => [name, prefix]),
    );
    expect(rules.map(({ repositoryGlobs }) => repositoryGlobs)).toEqual(
      document.rules.map(({ repositories }) => repositories),
    );
  });

  it("are limited in total: too many fail the synthesis, with advice", () => {
    // Text that cannot be packed: hexadecimal digits without a pattern.
    let state = 1;
    const digits = Array.from({ length: 8_000 }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return (state % 16).toString(16);
    });
    const repositories = Array.from({ length: 100 }, (_, index) => digits.slice(index * 80, index * 80 + 80).join(""));
    const large = { ...EXAMPLE, rules: [{ repositories, destinations: ["europe"] }] };
    expect(() => synthesise(large)).toThrow(
      /the variables of FanOut have \d+ bytes, and Lambda allows 4096; combine rules with globs, or deploy several stacks/,
    );
  });
});
