import * as z from "zod";
import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import type { RegistryAccess } from "../../../src/contract/providers/provider.ts";
import { registerProvider } from "../../../src/contract/providers/providers.ts";
import { parseRegistryHost } from "../../../src/oci/reference.ts";
import { harbor } from "../../fixtures/harbor-provider.ts";

const SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:harbor-AbCdEf";
const KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const source = { account: "123456789012", region: "eu-west-1" };
const google = { kind: "artifactRegistry", registry: "europe-docker.pkg.dev", prefix: "p/r", keySecret: SECRET };

/** How a destination that is written so is reached. */
function accessOf(destination: object): RegistryAccess | undefined {
  const configuration = parseConfiguration({
    version: 1,
    source,
    destinations: [{ name: "there", prefix: "p", ...destination }],
    rules: [{ repositories: ["**"], destinations: ["there"] }],
  });
  return configuration.destinations[0]?.access;
}

describe("a destination of a kind", () => {
  it("in Artifact Registry logs in as configured, and reads long tag lists from Google's API", () => {
    const { keySecret: _key, ...open } = google;
    const federation = {
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b",
    };
    expect(accessOf({ ...open, federation })).toMatchObject({
      login: { kind: "google", federation },
      listing: "google",
    });
    expect(accessOf(google)?.login).toEqual({ kind: "google-key", secret: { arn: SECRET } });
  });

  it("in Amazon ECR logs in with the role, and creates repositories where it is allowed to", () => {
    const place = { kind: "ecr", account: "210987654321", region: "us-east-1" };
    const registry = "210987654321.dkr.ecr.us-east-1.amazonaws.com";
    expect(accessOf(place)).toMatchObject({ registry, login: { kind: "ecr", region: "us-east-1" } });
    expect(accessOf(place)).not.toHaveProperty("creation");
    const { creation } = accessOf({ ...place, createRepositories: true }) ?? {};
    expect(creation).toEqual({ account: "210987654321", region: "us-east-1" });
    expect(() =>
      parseConfiguration({
        version: 1,
        source: { ...source, createRepositories: true },
        destinations: [{ name: "there", prefix: "p", ...place }],
        rules: [{ repositories: ["**"], destinations: ["there"] }],
      }),
    ).toThrow("createRepositories");
  });

  it("that is generic logs in with its secret, and is anonymous without one", () => {
    const place = { kind: "generic", registry: "harbor.example", allowedHosts: ["s3.example"] };
    expect(accessOf({ ...place, loginSecret: SECRET, secretEncryptionKey: KEY })).toEqual({
      registry: "harbor.example",
      plainHttp: false,
      allowedHosts: ["s3.example"],
      hostsField: "allowedHosts",
      login: { kind: "stored", secret: { arn: SECRET, encryptionKey: KEY } },
      listing: "distribution",
    });
    expect(accessOf(place)?.login).toEqual({ kind: "anonymous" });
  });

  it.each<[string, object, string]>([
    ["no kind", {}, "destinations[0].kind: is missing or empty; known kinds are ecr, artifactRegistry, generic"],
    ["an empty kind", { kind: "" }, "is missing or empty; known kinds are ecr, artifactRegistry, generic"],
    ["a kind that is no text", { kind: 7 }, "known kinds are ecr, artifactRegistry, generic"],
    [
      "an unknown kind",
      { kind: "quay" },
      '"quay" is not a kind of registry; known kinds are ecr, artifactRegistry, generic',
    ],
    ["a name every object has", { kind: "constructor" }, "known kinds are ecr, artifactRegistry, generic"],
    ["an account that is none", { kind: "ecr", account: "1", region: "eu-west-1" }, "is not a 12-digit AWS account id"],
    ["the source itself", { kind: "ecr", ...source }, "is the source itself"],
    ["no options", { kind: "generic" }, "destinations[0].registry: "],
    ["another kind's option", { kind: "generic", registry: "a.example", keySecret: SECRET }, "keySecret"],
    ["a wrong option", { ...google, federation: 1 }, "destinations[0].federation: "],
    ["another host as Artifact Registry", { ...google, registry: "ghcr.io" }, "ghcr.io is not Artifact Registry"],
    ["a host that only looks like it", { ...google, registry: "gcr.io.evil.test" }, "use kind generic"],
    ["a prefix without a repository", { ...google, prefix: "p" }, "destinations[0].prefix: p names no repository"],
    ["a domain's prefix without one", { ...google, prefix: "example.com/p" }, "DOMAIN/PROJECT/REPOSITORY"],
    ["a domain alone", { ...google, registry: "gcr.io", prefix: "example.com" }, "write PROJECT, or DOMAIN/PROJECT"],
    ["a key without a secret", { kind: "generic", registry: "a.example", secretEncryptionKey: KEY }, "loginSecret"],
    ["a key's alias", { ...google, secretEncryptionKey: "alias/a" }, "is not the ARN of a KMS key"],
  ])("is refused for %s", (_what, destination, says) => {
    expect(() => accessOf(destination)).toThrow(says);
  });

  it("can have a project, or a domain-scoped project, as its prefix on gcr.io hosts", () => {
    expect(accessOf({ ...google, registry: "eu.gcr.io", prefix: "p" })?.registry).toBe("eu.gcr.io");
    expect(accessOf({ ...google, prefix: "example.com/p/r" })?.registry).toBe("europe-docker.pkg.dev");
  });

  it("can have a registered kind, whose name cannot be registered again", () => {
    registerProvider("harbor", harbor);
    expect(accessOf({ kind: "harbor", url: "https://harbor.example", robotSecret: SECRET })).toMatchObject({
      registry: "harbor.example",
      login: { kind: "stored", secret: { arn: SECRET } },
    });
    expect(() => accessOf({ kind: "harbor", url: "harbor.example" })).toThrow("destinations[0].url: ");
    expect(() => accessOf({ kind: "quay" })).toThrow("ecr, artifactRegistry, generic, harbor");
    expect(() => registerProvider("harbor", harbor)).toThrow("already exists");
    expect(() => registerProvider("", harbor)).toThrow("needs a name");
  });

  it("can have a kind with its own options and problems", () => {
    const shape = { project: z.string() };
    registerProvider("odd", {
      options: shape,
      isDestination: true,
      problems: ({ project }) => (project === "odd" ? [] : [{ field: "project", text: "is not odd" }]),
      access: ({ project }) => ({
        registry: parseRegistryHost(`${String(project)}.example`),
        plainHttp: false,
        allowedHosts: [],
        login: { kind: "anonymous" },
        listing: "distribution",
      }),
    });
    expect(accessOf({ kind: "odd", project: "odd" })?.registry).toBe("odd.example");
    expect(() => accessOf({ kind: "odd", project: "even" })).toThrow("destinations[0].project: is not odd");
  });
});
