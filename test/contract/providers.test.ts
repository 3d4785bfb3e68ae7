import * as z from "zod";
import { describe, expect, it } from "vitest";
import type { Provider } from "../../src/contract/provider.ts";
import { kindOfHost, PROVIDERS, registryAccess } from "../../src/contract/providers.ts";
import { parseRegistryHost } from "../../src/oci/reference.ts";

const registry = "europe-docker.pkg.dev";
const account = "123456789012";

describe("a registry of a kind", () => {
  it("of ECR is found by account and region, and may send us to its layer bucket only", () => {
    expect(registryAccess("ecr", { account, region: "eu-west-1" })).toEqual({
      registry: "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
      plainHttp: false,
      allowedHosts: [
        "prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com",
        "prod-eu-west-1-starport-layer-bucket.s3.dualstack.eu-west-1.amazonaws.com",
      ],
      login: { kind: "ecr", region: "eu-west-1" },
    });
    expect(registryAccess("ecr", { account, region: "cn-north-1" }).registry).toMatch(/\.amazonaws\.com\.cn$/);
  });

  it("of Artifact Registry is anonymous until it says how to become a Google identity", () => {
    const federation = {
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b",
    };
    expect(registryAccess("artifactRegistry", { registry }).login).toEqual({ kind: "anonymous" });
    expect(registryAccess("artifactRegistry", { registry: "eu.gcr.io", federation }).login).toEqual({
      kind: "google",
      federation,
    });
  });

  it.each<[string, string, unknown, string]>([
    ["no kind", "", {}, '"" is no kind of registry; known are ecr, artifactRegistry, generic'],
    ["an unknown kind", "harbor", {}, "known are ecr, artifactRegistry, generic"],
    ["a name every object has", "constructor", {}, "known are ecr, artifactRegistry, generic"],
    ["no options", "generic", undefined, "of kind generic"],
    ["an unknown option", "generic", { registry, colour: "red" }, "colour"],
    ["a wrong option, with the registry's name", "artifactRegistry", { registry, federation: 1 }, registry],
    ["a wrong account", "ecr", { account: "1", region: "eu-west-1" }, "account"],
    ["another host as Artifact Registry", "artifactRegistry", { registry: "ghcr.io" }, "use kind generic"],
    ["a host that only looks like it", "artifactRegistry", { registry: "gcr.io.evil.test" }, "use kind generic"],
  ])("is refused for %s", (_what, kind, options, says) => {
    expect(() => registryAccess(kind, options)).toThrow(says);
  });

  it.each([
    ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ecr"],
    ["123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "ecr"],
    ["123456789012.dkr-ecr.us-east-1.on.aws", "ecr"],
    ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "ecr"],
    ["us-central1-docker.pkg.dev", "artifactRegistry"],
    ["asia.gcr.io", "artifactRegistry"],
    ["evilgcr.io", "generic"],
    ["123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.test", "generic"],
    ["ghcr.io", "generic"],
  ])("is told by its host: %s is %s", (host, kind) => {
    expect(kindOfHost(host)).toBe(kind);
  });

  it("can be of another kind, which is one more entry of the map and nothing else", () => {
    const shape = { project: z.string() };
    const harbor: Provider<typeof shape> = {
      options: shape,
      access: ({ project }) => ({
        registry: parseRegistryHost(`${project}.harbor.example`),
        plainHttp: false,
        allowedHosts: [],
        login: { kind: "anonymous" },
      }),
      recognizes: (host) => host.endsWith(".harbor.example"),
    };
    expect(registryAccess("harbor", { project: "a" }, { ...PROVIDERS, harbor }).registry).toBe("a.harbor.example");
    expect(() => registryAccess("quay", {}, { ...PROVIDERS, harbor })).toThrow("generic, harbor");
  });
});
