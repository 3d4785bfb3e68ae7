import { Stack } from "aws-cdk-lib";
import { describe, expect, it } from "vitest";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { StackParts } from "../../../src/contract/stack/stack-parts.ts";
import { createConfigurationLayer } from "../../../infra/functions/configuration-layer.ts";
import { EXAMPLE, synthesise, unbundledApp } from "../template.ts";

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
        // IDs of seven characters, which AppConfig chooses.
        if (name === "FREIGHTLINER_APPCONFIG") return [name, "appl123/envi123/prof123"];
        expect(value).toEqual({ Ref: expect.stringContaining("State") });
        return [name, "freightliner-FreightlinerState0123ABCD-0123456789ABC"];
      }),
    );
  });
}

describe("the variables of the functions", () => {
  it.each([
    [1, 1],
    [20, 1_000],
  ])("fit into Lambda's 4 KB with %d destinations and %d rules", (destinations, rules) => {
    const sizes = variablesOf(documentOf(destinations, rules)).map((each) => Buffer.byteLength(JSON.stringify(each)));
    expect(sizes).toHaveLength(6);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_048);
  });

  it("say what the stack is made of, and where the configuration is", () => {
    const [first] = variablesOf(documentOf(20, 25));
    const parts = StackParts.parse(JSON.parse(String(first?.["FREIGHTLINER_PARTS"])));
    expect(parts.source).toEqual({ account: "123456789012", region: "eu-central-1" });
    expect(parts.destinations).toEqual(documentOf(20).destinations.map(({ name }) => name));
    expect(parts).toMatchObject({ longLane: true, reconcile: { everyMinutes: 10, schedules: [] } });
    expect(first?.["FREIGHTLINER_CONFIGURATION_FILE"]).toBe("/opt/freightliner/configuration.json");
  });

  it("are limited in total: too many fail the synthesis, with advice", () => {
    const names = Array.from({ length: 100 }, (_, index) => `${"a-name-of-twenty-four".slice(0, 20)}-${index + 100}`);
    const { destinations, ...rest } = documentOf(100);
    const named = destinations.map((destination, index) => ({ ...destination, name: names[index] ?? "" }));
    const schedules = Array.from({ length: 20 }, (_, index) => ({
      name: `schedule-with-a-name-${index}`,
      at: "cron(0 3 ? * MON-FRI *)",
      timeZone: "America/Argentina/Buenos_Aires",
    }));
    const rules = [{ repositories: ["**"], destinations: names }];
    expect(() => synthesise({ ...rest, destinations: named, rules, reconcile: { schedules } })).toThrow(
      /the variables of FanOut have \d+ bytes, and Lambda allows 4096; use shorter names of destinations and schedules/,
    );
  });
});

describe("the layer of the functions", () => {
  it("is read by every function that has a configuration, and contains it unchanged", () => {
    const document = documentOf(20, 1_000);
    const template = synthesise(document);
    const ids = Object.keys(template.findResources("AWS::Lambda::LayerVersion"));
    const functions = Object.values(template.findResources("AWS::Lambda::Function")).map(
      ({ Properties }) => Properties,
    );
    const configured = functions.filter(
      ({ Environment }) => "FREIGHTLINER_CONFIGURATION_FILE" in Environment.Variables,
    );
    expect([configured.length, functions.length]).toEqual([5, 6]);
    for (const { Layers } of configured) expect(Layers).toEqual(ids.map((id) => ({ Ref: id })));
    const app = unbundledApp();
    createConfigurationLayer(new Stack(app, "layer"), JSON.stringify(document));
    const { directory } = app.synth();
    const assets = readdirSync(directory).filter((name) => name.startsWith("asset."));
    const texts = assets.map((name) =>
      readFileSync(join(directory, name, "freightliner", "configuration.json"), "utf8"),
    );
    expect(texts.map((text): unknown => JSON.parse(text))).toEqual([document]);
  });
});
