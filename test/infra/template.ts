import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import type { ConfigurationDocument } from "../../src/contract/configuration/configuration-document.ts";
import { FreightlinerStack } from "../../infra/freightliner-stack.ts";
import type { FreightlinerStackProps } from "../../infra/freightliner-stack.ts";

const federation = {
  audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/aws/providers/freightliner",
};

export const EXAMPLE: ConfigurationDocument = {
  version: 1,
  source: { account: "123456789012", region: "eu-central-1" },
  destinations: [
    {
      name: "europe",
      kind: "artifactRegistry",
      registry: "europe-docker.pkg.dev",
      prefix: "project/images",
      federation,
    },
    { name: "asia", kind: "artifactRegistry", registry: "asia-docker.pkg.dev", prefix: "project/images", federation },
  ],
  rules: [
    { repositories: ["prod/**", "tools/{a,b}"], destinations: ["europe"] },
    { repositories: ["base"], destinations: ["asia"] },
  ],
};

/** The secret with a service account's key, and the example with a key in place of one federation. */
export const KEY_SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:google-key-AbCdEf";
export const WITH_KEY = {
  ...EXAMPLE,
  destinations: [
    {
      name: "europe",
      kind: "artifactRegistry",
      registry: "europe-docker.pkg.dev",
      prefix: "project/images",
      keySecret: KEY_SECRET,
    },
    EXAMPLE.destinations[1],
  ],
};

/** An app whose functions are left unbundled. */
export function unbundledApp(): App {
  return new App({ context: { "aws:cdk:bundling-stacks": [] } });
}

/** The stack's template, without bundling the functions. */
export function synthesise(
  document: object = EXAMPLE,
  props: Omit<FreightlinerStackProps, "configuration"> = {},
): Template {
  const configuration = JSON.stringify(document);
  return Template.fromStack(new FreightlinerStack(unbundledApp(), "freightliner", { ...props, configuration }));
}
