import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { documentOf } from "../../fixtures/configuration.ts";
import { signingKeys } from "../../fixtures/images/signed-image.ts";

const keys = signingKeys();
const pem = keys["P-256"]?.pem ?? "";
const signed = (...pems: string[]) => ({ signatures: { keys: pems.map((each) => ({ pem: each })) } });
const scan = { scan: { maxSeverity: "low" } };
const override = { image: "app:v1", until: "2026-12-31T18:00:00Z", by: "jane", reason: "INC-1" };

function gateOf(gate: object, more: object = {}, document: object = {}) {
  const rule = { repositories: ["**"], destinations: ["gar"], gate, ...more };
  const [first] = parseConfiguration({
    ...documentOf({ repositories: ["**"], destinations: ["gar"] }),
    rules: [rule],
    ...document,
  }).rules;
  return first?.gate;
}

describe("a gate in a configuration", () => {
  it("has keys of each kind, named by the hash of the key", () => {
    const gate = gateOf(signed(...Object.values(keys).map((key) => key.pem)));
    const ids = gate?.signatures?.keys.map(({ id }) => id) ?? [];
    expect(new Set(ids.filter((id) => /^sha256:[0-9a-f]{64}$/.test(id))).size).toBe(4);
  });

  it("compares the types of artifacts without case, and waits four hours by default", () => {
    const gate = gateOf({ referrers: [{ artifactType: "application/SPDX*" }] });
    const [required] = gate?.referrers ?? [];
    const accepts = required?.kind === "artifact" ? required.accepts : undefined;
    expect([accepts?.("Application/spdx+json"), accepts?.("application/json")]).toEqual([true, false]);
    expect(gate?.waitMs).toBe(4 * 3_600_000);
  });

  it.each<[string, object, string]>([
    ["nothing that it requires", {}, "rules[0].gate: requires nothing"],
    ["no key", { signatures: { keys: [] } }, "rules[0].gate.signatures.keys"],
    ["text instead of a key", signed("key"), "rules[0].gate.signatures.keys[0].pem: is not a public key"],
    [
      "a private key",
      signed(keys["RSA"]?.privateKey.export({ type: "pkcs8", format: "pem" }).toString() ?? ""),
      "is not a public key",
    ],
    ["an unknown field", { ...scan, sbom: true }, "sbom"],
    ["an unknown severity", { scan: { maxSeverity: "worst" } }, "rules[0].gate.scan.maxSeverity"],
    [
      "a referrer of two types",
      { referrers: [{ artifactType: "a/b", predicateType: "c" }] },
      "rules[0].gate.referrers[0]",
    ],
    [
      "an override without a tag",
      { ...scan, overrides: [{ ...override, image: "app" }] },
      "overrides[0].image: is neither",
    ],
    [
      "an override without a time",
      { ...scan, overrides: [{ ...override, until: "tomorrow" }] },
      "overrides[0].until: is not a time",
    ],
  ])("is refused with %s", (_what, gate, problem) => {
    expect(() => gateOf(gate)).toThrow(problem);
  });

  it("allows no pre-copies, by default and by request", () => {
    const { rules } = parseConfiguration({
      ...documentOf({ repositories: ["**"], destinations: ["gar"], gate: signed(pem) }),
    });
    expect(rules.map(({ preCopy }) => preCopy)).toEqual([false]);
    expect(() => gateOf(scan, { preCopy: true })).toThrow("rules[0].preCopy: blobs would leave the source before");
  });

  it("asks for scans only of Amazon ECR", () => {
    const source = { kind: "generic", account: "123456789012", region: "eu-central-1", registry: "harbor.example" };
    expect(() => gateOf(scan, {}, { source })).toThrow("rules[0].gate.scan: only Amazon ECR");
    expect(gateOf(signed(pem), {}, { source })).toBeDefined();
  });
});
