import { describe, expect, it } from "vitest";
import { parseRegistryHost } from "../../../src/oci/reference.ts";
import { originOf } from "../../../src/registry/client/endpoint.ts";
import { createHostGuard } from "../../../src/registry/hosts/host-guard.ts";

describe("the origin of a registry", () => {
  it.each([
    ["docker.io", "https://registry-1.docker.io"],
    ["index.docker.io", "https://registry-1.docker.io"],
    ["registry-1.docker.io", "https://registry-1.docker.io"],
    ["ghcr.io", "https://ghcr.io"],
    ["r.test:5000", "https://r.test:5000"],
  ])("%s is %s", (registry, origin) => {
    expect(originOf({ registry: parseRegistryHost(registry) }).origin).toBe(origin);
  });

  it("with plain HTTP may redirect to HTTPS at allowed hosts, and HTTPS never to plain HTTP", () => {
    const allowedHosts = ["login.corp.example"];
    const plain = createHostGuard({ origin: new URL("http://r.test:5000"), allowedHosts });
    expect(() => plain(new URL("https://login.corp.example/token"))).not.toThrow();
    expect(() => plain(new URL("https://evil.example/token"))).toThrow(/none of its known hosts/);
    expect(() => plain(new URL("ftp://login.corp.example/token"))).toThrow("ftp: instead of http:");
    const secure = createHostGuard({ origin: new URL("https://r.test:5000"), allowedHosts });
    expect(() => secure(new URL("http://login.corp.example/token"))).toThrow("http: instead of https:");
  });
});
