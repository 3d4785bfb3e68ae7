import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createRequestRate } from "../../../cli/registry-access/request-rate.ts";
import { openRegistryAccess } from "../../../cli/registry-access/registry-access.ts";
import { createRegistrySettings } from "../../../cli/registry-access/registry-settings.ts";
import { UsageError } from "../../../cli/errors/usage-error.ts";
import { makeCertificates } from "../../fixtures/servers/certificates.ts";
import type { Certificates } from "../../fixtures/servers/certificates.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { startTlsServer } from "../../fixtures/servers/tls-server.ts";
import type { AccessOptions } from "../../../cli/registry-access/access-options.ts";

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
}, 600_000);

const never = new AbortController().signal;

/** A home folder with some files in it. */
async function homeWith(files: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  const at = (name: string): string => join(folder.path, name);
  return { at, environment: { HOME: folder.path }, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function reached(options: AccessOptions, environment: NodeJS.ProcessEnv, origin: string): Promise<string> {
  const { connections } = await openRegistryAccess(options, environment);
  try {
    const { statusCode, body } = await connections.send({
      origin,
      path: "/",
      method: "GET",
      headers: {},
      signal: never,
    }).response;
    await body.dump();
    return String(statusCode);
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    await connections.close();
  }
}

async function refusal(text: string): Promise<string> {
  await using home = await homeWith({ "registries.yaml": text });
  const options = { allowedHosts: [], registriesFile: home.at("registries.yaml") };
  const error: unknown = await openRegistryAccess(options, home.environment).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UsageError);
  return error instanceof Error ? error.message.replace(home.at("registries.yaml"), "FILE") : "";
}

describe("certificates", () => {
  it("of a registry's own authority are trusted from --ca-file, SSL_CERT_FILE or its entry, and not without", async () => {
    await using server = await startTlsServer(certificates.good);
    const origin = `https://localhost:${server.port}`;
    await using home = await homeWith({
      "ca.pem": certificates.ca,
      ".config/freightliner/registries.yaml": `registries:\n  localhost:${server.port}: { caFile: ../../ca.pem }\n`,
    });
    await using bare = await homeWith({});
    const options = { allowedHosts: [] };
    expect(await reached(options, bare.environment, origin)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    expect(await reached({ ...options, caFile: home.at("ca.pem") }, bare.environment, origin)).toBe("200");
    expect(await reached(options, { ...bare.environment, SSL_CERT_FILE: home.at("ca.pem") }, origin)).toBe("200");
    expect(await reached(options, home.environment, origin)).toBe("200");
  });

  it("of one registry's entry are not trusted for another, but for the hosts it may send us to", async () => {
    await using server = await startTlsServer(certificates.good);
    const origin = `https://localhost:${server.port}`;
    const entry = (more: string): string => `registries:\n  other.example: { caFile: ca.pem${more} }\n`;
    await using home = await homeWith({
      "ca.pem": certificates.ca,
      "a.yaml": entry(""),
      "b.yaml": entry(`, allowHosts: ["localhost:${server.port}"]`),
    });
    const with_ = (name: string): AccessOptions => ({ allowedHosts: [], registriesFile: home.at(name) });
    expect(await reached(with_("a.yaml"), home.environment, origin)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    expect(await reached(with_("b.yaml"), home.environment, origin)).toBe("200");
  });

  it.each([
    ["is not there", "none.pem", /, .*none\.pem, cannot be read \(ENOENT\)/],
    ["holds no certificate", "text.pem", /, .*text\.pem, contains no valid PEM certificate/],
    ["holds a broken one", "broken.pem", /, .*broken\.pem, contains no valid PEM certificate/],
  ])("in a file that %s are refused with its name", async (_what, name, says) => {
    await using home = await homeWith({
      "text.pem": "hello",
      "broken.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    });
    await expect(openRegistryAccess({ allowedHosts: [], caFile: home.at(name) }, home.environment)).rejects.toThrow(
      says,
    );
    const named = { ...home.environment, SSL_CERT_FILE: home.at(name) };
    await expect(openRegistryAccess({ allowedHosts: [] }, named)).rejects.toThrow(/^SSL_CERT_FILE, /);
  });
});

describe("plain HTTP", () => {
  const settings = (plainHttp: boolean) =>
    createRegistrySettings(
      { allowedHosts: [], plainHttp },
      new Map([
        ["secure.corp", { plainHttp: false }],
        ["plain.corp:5000", { plainHttp: true }],
      ]),
    );

  it.each([
    ["127.0.0.1:5000", true, true],
    ["localhost", true, true],
    ["plain.corp:5000", true, true],
    ["PLAIN.corp:5000", true, true],
    ["registry.corp", false, true],
    ["secure.corp", false, false],
    ["docker.io", false, false],
    ["ghcr.io", false, false],
    ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", false, false],
  ])("for %s is %s by itself, %s with the option", (registry, alone, asked) => {
    expect([settings(false)(registry).plainHttp, settings(true)(registry).plainHttp]).toEqual([alone, asked]);
  });
});

describe("a file of registries", () => {
  it("adds hosts and a rate to one registry, regardless of how its name is spelled", async () => {
    await using home = await homeWith({
      "r.yaml": "registries:\n  index.docker.io:\n    allowHosts: [mirror.corp]\n    requestsPerSecond: 5\n",
    });
    const { settingsOf, connections } = await openRegistryAccess(
      { allowedHosts: ["named.corp"], registriesFile: home.at("r.yaml") },
      home.environment,
    );
    await connections.close();
    expect(settingsOf("docker.io")).toMatchObject({ requestsPerSecond: 5 });
    expect(settingsOf("docker.io").allowedHosts).toEqual(
      expect.arrayContaining(["auth.docker.io", "mirror.corp", "named.corp"]),
    );
    expect(settingsOf("other.corp")).toMatchObject({ allowedHosts: ["named.corp"], requestsPerSecond: undefined });
    expect(settingsOf("other.corp").howToAllow("cdn.corp")).toContain("--allow-host cdn.corp");
  });

  it("need not be there, unless it is named", async () => {
    await using home = await homeWith({});
    const { connections } = await openRegistryAccess({ allowedHosts: [] }, home.environment);
    await connections.close();
    await expect(
      openRegistryAccess({ allowedHosts: [], registriesFile: home.at("none.yaml") }, home.environment),
    ).rejects.toThrow(/none\.yaml cannot be read \(ENOENT\)/);
  });

  it.each<[string, string, RegExp]>([
    ["a line that is no YAML", "registries:\n  a.corp: {\n", /^FILE: line \d+: /],
    [
      "an unknown field",
      "registries:\n  a.corp:\n    plainHTTP: true\n",
      /^FILE: line 3: registries.*a\.corp.*: .*plainHTTP/,
    ],
    [
      "wrong values, all at once",
      "registries:\n  a.corp:\n    plainHttp: 1\n    caFile: 2\n",
      /line 3: .*plainHttp.*; line 4: .*caFile/,
    ],
    ["a key that is no host", "registries:\n  https://a.corp: {}\n", /is not host or host:port/],
    ["a word that draws on the terminal", 'registries:\n  a.corp:\n    "\\e[31m": 1\n', /^\P{Cc}*$/u],
    ["no registries", "hello\n", /^FILE: line 1: the document: /],
  ])("with %s is refused with file and line", async (_what, text, says) => {
    expect(await refusal(text)).toMatch(says);
  });
});

describe("a registry's rate", () => {
  it("spreads requests evenly, and waits longer when the registry asks for it", async () => {
    let now = 1_000;
    const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) };
    const rate = createRequestRate(10, clock);
    const at: number[] = [];
    for (let index = 0; index < 3; index++) {
      await rate.acquire(never);
      at.push(now);
    }
    expect([at, rate.tryAcquire?.()]).toEqual([[1_000, 1_100, 1_200], false]);
    await rate.refused(5_000, never);
    await rate.acquire(never);
    expect(now).toBe(6_200);
    now += 100;
    expect(rate.tryAcquire?.()).toBe(true);
  });
});

describe("a proxy in the environment", () => {
  it("that is no URL is refused without its value", async () => {
    await using home = await homeWith({});
    const environment = { ...home.environment, HTTPS_PROXY: "ftp://me:secret@proxy" };
    const error: unknown = await openRegistryAccess({ allowedHosts: [] }, environment).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(/HTTPS_PROXY is no URL of a proxy/);
    expect(String(error)).not.toContain("secret");
  });
});
