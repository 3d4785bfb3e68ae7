import { Ajv2020 } from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configurationSchema } from "../../reference/configuration-schema.ts";
import { receiptSchema } from "../../reference/receipt-schema.ts";
import { FIELD_TEXTS } from "../../reference/field-texts.ts";
import { fieldTable } from "../../reference/field-table.ts";
import { fieldsOf } from "../../reference/fields.ts";
import { parseConfigurationFile } from "../../src/contract/configuration/configuration-file.ts";
import { readDocument } from "./documents.ts";

const schema = configurationSchema();
const isValid = new Ajv2020({ strict: true, validateFormats: false, strictRequired: false }).compile(schema);

const EXAMPLES = ["infra/example-configuration.json", "examples/multi-destination/freightliner.yaml"];
const SCHEMA_LINK = /\$schema"?[=:] ?"?((?:\.\.\/|\w+\/)*configuration\.schema\.json)/;

describe("the reference of the configuration", () => {
  it("has a text for each field, and no other: write it in reference/field-texts.ts, then npm run reference", () => {
    const fields = fieldsOf(schema).map(({ path }) => path);
    expect(Object.keys(FIELD_TEXTS).toSorted()).toEqual(fields.toSorted());
  });

  it("is up to date: npm run reference writes the schema", () => {
    expect(JSON.parse(readDocument("docs/use/configuration.schema.json"))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it("is up to date: npm run reference writes the schema of receipts", () => {
    const written: unknown = JSON.parse(readDocument("docs/use/receipt.schema.json"));
    expect(written).toEqual(JSON.parse(JSON.stringify(receiptSchema())));
  });

  it("is up to date: npm run reference writes the table of the page", () => {
    expect(readDocument("docs/use/configuration.md")).toContain(fieldTable(fieldsOf(schema)));
  });
});

describe("the JSON Schema", () => {
  it.each(EXAMPLES)("accepts %s, which names it and which Freightliner accepts, too", (path) => {
    const text = readFileSync(path, "utf8");
    isValid(parse(text));
    expect(isValid.errors).toBeNull();
    expect(new URL(SCHEMA_LINK.exec(text)?.[1] ?? "", new URL(path, "file:///")).pathname).toBe(
      "/docs/use/configuration.schema.json",
    );
    expect(parseConfigurationFile(text).text).not.toContain("$schema");
  });

  it("accepts the example of the deployment, which names it", () => {
    const [, block = ""] = /^```yaml\n(.*?)^```$/ms.exec(readDocument("docs/use/deploy.md")) ?? [];
    expect(isValid(parse(block))).toBe(true);
    expect(block).toMatch(SCHEMA_LINK);
  });

  const example: { source: object; destinations: [object]; rules: [object] } = parse(
    readFileSync("infra/example-configuration.json", "utf8"),
  );
  it.each([
    ["an unknown field", { ...example, rulez: [] }],
    ["an unknown field of a rule", { ...example, rules: [{ ...example.rules[0], tag: ["v1"] }] }],
    ["an unknown kind", { ...example, destinations: [{ ...example.destinations[0], kind: "nexus" }] }],
    ["an option of another kind", { ...example, destinations: [{ ...example.destinations[0], allowedHosts: ["a"] }] }],
    ["a source that does not say which account it is", { ...example, source: { region: "eu-west-1" } }],
    ["a number that is too large", { ...example, reconcile: { everyMinutes: 5_000 } }],
  ])("refuses %s", (_what, document) => {
    expect(isValid(document)).toBe(false);
  });

  it("accepts a source whose host says which account and region it is", () => {
    const source = { registry: "123456789012.dkr.ecr.us-east-1.amazonaws.com" };
    expect(isValid({ ...example, source })).toBe(true);
  });
});
