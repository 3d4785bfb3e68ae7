import * as z from "zod";
import { describe, expect, it } from "vitest";
import { knownHosts } from "../../../src/contract/providers/known-hosts.ts";
import { generic } from "../../../src/contract/providers/generic.ts";
import { createHostGuard } from "../../../src/registry/hosts/host-guard.ts";

/** Whether a registry may send us to a host, by what is known of it. */
function mayLeadTo(registry: string, host: string): boolean {
  const guard = createHostGuard({ origin: new URL(`https://${registry}`), allowedHosts: knownHosts(registry) });
  try {
    guard(new URL(`https://${host}/blob?signature=x`));
    return true;
  } catch {
    return false;
  }
}

describe("a known registry", () => {
  it.each([
    ["docker.io", "auth.docker.io"],
    ["docker.io", "production.cloudflare.docker.com"],
    ["docker.io", "production.cloudfront.docker.com"],
    ["docker.io", "docker-images-prod.r2.cloudflarestorage.com"],
    ["registry-1.docker.io", "docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com"],
    ["index.docker.io", "docker-images-prod.s3.dualstack.us-east-1.amazonaws.com"],
    ["quay.io", "cdn.quay.io"],
    ["quay.io", "cdn04.quay.io"],
    ["registry.access.redhat.com", "cdn02.quay.io"],
    ["ghcr.io", "pkg-containers.githubusercontent.com"],
    ["contoso.azurecr.io", "weu9storage.blob.core.windows.net"],
    ["contoso.azurecr.io", "contoso.westeurope.data.azurecr.io"],
    ["contoso.eastus.geo.azurecr.io", "contoso.eastus.data.azurecr.io"],
    ["mcr.microsoft.com", "westeurope.data.mcr.microsoft.com"],
    ["registry.gitlab.com", "gitlab.com"],
    ["registry.gitlab.com", "cdn.registry.gitlab-static.net"],
    ["public.ecr.aws", "d5l0dvt14r5h8.cloudfront.net"],
    ["registry.k8s.io", "us-west1-docker.pkg.dev"],
    ["registry.k8s.io", "prod-registry-k8s-io-eu-west-1.s3.dualstack.eu-west-1.amazonaws.com"],
    ["europe-docker.pkg.dev", "storage.googleapis.com"],
    ["eu.gcr.io", "storage.googleapis.com"],
    ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com"],
    [
      "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
      "prod-cn-north-1-starport-layer-bucket.s3.cn-north-1.amazonaws.com.cn",
    ],
  ])("%s may send us to %s", (registry, host) => {
    expect(mayLeadTo(registry, host)).toBe(true);
    expect(mayLeadTo("registry.example", host)).toBe(false);
    expect(mayLeadTo(registry, `${host}.evil.test`)).toBe(false);
  });

  it("may refer clients to no other host; a host with a similar name may refer them to none", () => {
    expect(mayLeadTo("docker.io", "production.evil.docker.com")).toBe(false);
    expect(mayLeadTo("quay.io", "cdn.quay.io.evil.test")).toBe(false);
    expect(mayLeadTo("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "evil.s3.eu-west-1.amazonaws.com")).toBe(false);
    expect([knownHosts("evil-quay.io"), knownHosts("a.b.gcr.io"), knownHosts("registry.example")]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it("needs no allowed hosts as a destination of kind generic", () => {
    const options = z.strictObject(generic.options).parse({ registry: "quay.io", allowedHosts: ["mirror.example"] });
    expect(generic.access(options).allowedHosts).toEqual(["mirror.example", ...knownHosts("quay.io")]);
  });
});
