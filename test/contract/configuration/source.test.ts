import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";

const SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook-AbCdEf";
const place = { account: "123456789012", region: "eu-central-1" };
const google = {
  ...place,
  kind: "artifactRegistry",
  registry: "europe-docker.pkg.dev",
  prefix: "p/r",
  keySecret: SECRET,
};
const pubSub = { kind: "pubSub", serviceAccount: "push@p.iam.gserviceaccount.com", audience: "freightliner" };
const webhook = { kind: "webhook", format: "harbor", secret: SECRET };
const into = { kind: "ecr", account: "210987654321", region: "us-east-1", prefix: "mirror" };

const parse = (source: object, destination: object = into) =>
  parseConfiguration({
    version: 1,
    source,
    destinations: [{ name: "there", ...destination }],
    rules: [{ repositories: ["**"], destinations: ["there"] }],
  }).source;

describe("a source", () => {
  it("is an ECR registry unless it says otherwise", () => {
    const { kind, prefix, arrivals, access } = parse(place);
    expect([kind, prefix, arrivals]).toEqual(["ecr", undefined, undefined]);
    expect(access.registry).toBe("123456789012.dkr.ecr.eu-central-1.amazonaws.com");
    expect(parse({ kind: "ecr", ...place }).access).toEqual(access);
  });

  it("can be Artifact Registry, whose stack is in an account and region of AWS", () => {
    const source = parse({ ...google, arrivals: pubSub });
    expect(source).toMatchObject({ ...place, kind: "artifactRegistry", prefix: "p/r", arrivals: pubSub });
    expect(source.access).toMatchObject({ registry: "europe-docker.pkg.dev", login: { kind: "google-key" } });
  });

  it("can be any other registry, with or without notifications", () => {
    const harbor = { ...place, kind: "generic", registry: "harbor.example" };
    expect(parse({ ...harbor, arrivals: webhook }).arrivals).toEqual(webhook);
    expect(parse(harbor).arrivals).toBeUndefined();
  });

  it.each<[string, object, string]>([
    [
      "an unknown kind",
      { ...google, kind: "quay" },
      'source.kind: "quay" is not a kind of registry; known kinds are ecr,',
    ],
    ["notifications of ECR, which has events", { ...place, arrivals: pubSub }, "arrivals"],
    ["a prefix of ECR", { ...place, prefix: "p" }, "prefix"],
    ["no account for its stack", { ...google, account: undefined }, "source.account: "],
    ["Artifact Registry without a repository", { ...google, prefix: "p" }, "source.prefix: p names no repository"],
    ["Artifact Registry without a login", { ...google, keySecret: undefined }, "source.federation: is missing"],
    ["another kind of notifications", { ...google, arrivals: { kind: "mail" } }, "source.arrivals.kind: "],
    ["another format", { ...google, arrivals: { ...webhook, format: "gitea" } }, "source.arrivals.format: "],
    ["an address that is none", { ...google, arrivals: { ...pubSub, serviceAccount: "me" } }, "serviceAccount: "],
    [
      "plain HTTP to another machine",
      { ...google, plainHttp: true },
      "source.plainHttp: plain HTTP is only for loopback",
    ],
  ])("is refused with %s", (_what, source, says) => {
    expect(() => parse(source)).toThrow(says);
  });

  it("cannot be its own destination, but a registry can have one of each", () => {
    const { account: _account, region: _region, ...registry } = google;
    const there = (prefix: string) => ({ ...registry, prefix });
    const self = "destinations[0].registry: is the source itself";
    expect(() => parse(google, there("p/r"))).toThrow(self);
    expect(() => parse(google, there("p/r/below"))).toThrow(self);
    expect(parse(google, there("p/r-2")).kind).toBe("artifactRegistry");
  });
});
