import { lookup } from "node:dns";
import { beforeAll, describe, expect, it } from "vitest";
import { createConnections } from "../../../src/registry/http/connections.ts";
import type { Connections, ConnectionsOptions } from "../../../src/registry/http/connections.ts";
import { HostRefusedError } from "../../../src/registry/hosts/host-guard.ts";
import { bypassesProxy } from "../../../src/registry/hosts/no-proxy.ts";
import { proxyOf, proxySettings } from "../../../src/registry/hosts/proxy.ts";
import { makeCertificates } from "../../fixtures/servers/certificates.ts";
import type { Certificates } from "../../fixtures/servers/certificates.ts";
import { startForwardProxy } from "../../fixtures/servers/forward-proxy.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import { startTlsServer } from "../../fixtures/servers/tls-server.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { parseTag } from "../../../src/oci/reference.ts";

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
}, 600_000);

const never = new AbortController().signal;

/** A resolver that records the requested names, and resolves every name to this machine. */
function noting(): { readonly asked: string[]; readonly resolve: typeof lookup } {
  const asked: string[] = [];
  const resolve = (name: string, _options: object, done: (error: null, found: object[]) => void): void => {
    asked.push(name);
    done(null, [{ address: "127.0.0.1", family: 4 }]);
  };
  return { asked, resolve: Object.assign(resolve, lookup) };
}

async function get(connections: Connections, url: string, headers: Record<string, string> = {}): Promise<string> {
  const { origin, pathname } = new URL(url);
  const { statusCode, body } = await connections.send({
    origin,
    path: pathname,
    method: "GET",
    headers,
    signal: never,
  }).response;
  const chunks: Buffer[] = [];
  for await (const chunk of body) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  return `${statusCode} ${Buffer.concat(chunks).toString()}`;
}

async function failureOf(attempt: Promise<unknown>): Promise<Error> {
  const error: unknown = await attempt.catch((caught: unknown) => caught);
  if (!(error instanceof Error)) throw new Error("it succeeded");
  return error;
}

const behind = (environment: Record<string, string>, more: ConnectionsOptions = {}): Connections =>
  createConnections({ ...more, proxies: proxySettings(environment) });

describe("behind a proxy", () => {
  it("a registry is reached through a tunnel: the proxy resolves its name, and sees neither path nor login", async () => {
    await using server = await startTlsServer(certificates.wrongName);
    await using proxy = await startForwardProxy({ leadsTo: () => `127.0.0.1:${server.port}` });
    const names = noting();
    await using connections = behind(
      { HTTPS_PROXY: `http://me:p%40ss@${proxy.host}` },
      { ca: certificates.ca, resolve: names.resolve },
    );
    expect(await get(connections, "https://registry.example/v2/", { authorization: "Basic eA==" })).toBe("200 here");
    expect(proxy.asked).toEqual([{ line: "CONNECT registry.example:443", login: "me:p@ss" }]);
    expect(server.got).toEqual([{ path: "/v2/", authorization: "Basic eA==" }]);
    expect(names.asked).toEqual([]);
  });

  it("the registry's certificate is still verified: one for another name is refused", async () => {
    await using server = await startTlsServer(certificates.good);
    await using proxy = await startForwardProxy({ leadsTo: () => `127.0.0.1:${server.port}` });
    await using connections = behind({ HTTPS_PROXY: proxy.host }, { ca: certificates.ca });
    const error = await failureOf(get(connections, "https://registry.example/v2/"));
    expect(error).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    expect(server.got).toEqual([]);
  });

  it("a request to a registry with plain HTTP has an absolute URL", async () => {
    await using server = await scriptedServer((_got, response) => void response.end("plain"));
    await using proxy = await startForwardProxy({ leadsTo: () => server.host });
    await using connections = behind({ http_proxy: proxy.host });
    expect(await get(connections, "http://registry.example:5000/v2/")).toBe("200 plain");
    expect(proxy.asked).toEqual([{ line: "GET http://registry.example:5000/v2/", login: undefined }]);
  });

  it("this machine is reached directly, and so are names that NO_PROXY lists, which the address guard sees", async () => {
    await using server = await scriptedServer((_got, response) => void response.end("direct"));
    await using proxy = await startForwardProxy({ leadsTo: () => server.host });
    const names = noting();
    const port = server.host.split(":")[1];
    await using connections = behind({ HTTP_PROXY: proxy.host, NO_PROXY: "corp.example" }, { resolve: names.resolve });
    expect(await get(connections, `http://127.0.0.1:${port}/`)).toBe("200 direct");
    expect(await get(connections, `http://localhost:${port}/`)).toBe("200 direct");
    expect(await failureOf(get(connections, `http://registry.corp.example:${port}/`))).toBeInstanceOf(HostRefusedError);
    expect(names.asked).toEqual(["localhost", "registry.corp.example"]);
    expect(proxy.asked).toEqual([]);
  });

  it("a host that is not configured is not requested from the proxy either", async () => {
    const location = "http://layers.example/blob";
    await using server = await scriptedServer((_got, response) => void response.writeHead(307, { location }).end());
    await using proxy = await startForwardProxy({ leadsTo: () => server.host });
    await using connections = behind({ HTTP_PROXY: proxy.host });
    const source = createRegistrySource(testEndpoint({ host: "registry.example", repository: "a" }, connections));
    expect((await failureOf(source.resolve(parseTag("v1"), never))).message).toContain(
      "refused to contact layers.example",
    );
    expect(new Set(proxy.asked.map(({ line }) => new URL(line.split(" ")[1] ?? "").host))).toEqual(
      new Set(["registry.example"]),
    );
  });

  it.each<[string, string | undefined, string]>([
    [
      "wants a login",
      "a:b",
      "answered 407 for registry.example: it wants a login; write the proxy as http://USER:PASSWORD@HOST:PORT",
    ],
    ["cannot reach the registry", undefined, "answered 502 for registry.example: it could not reach it"],
  ])("that %s, the failure names the proxy, and not its password", async (_what, login, says) => {
    await using proxy = await startForwardProxy({
      leadsTo: () => undefined,
      ...(login === undefined ? {} : { login }),
    });
    await using connections = behind({ HTTPS_PROXY: `http://me:secret@${proxy.host}` });
    const { message, cause } = await failureOf(get(connections, "https://registry.example/v2/"));
    expect(message).toBe(`the proxy ${proxy.host} ${says}`);
    expect(JSON.stringify([message, cause])).not.toContain("secret");
  });

  it("that is unreachable, the failure keeps its code and names the proxy", async () => {
    await using connections = behind({ HTTPS_PROXY: "http://me:secret@127.0.0.1:1" });
    const error = await failureOf(get(connections, "https://registry.example/v2/"));
    expect(error).toMatchObject({
      code: "ECONNREFUSED",
      message: expect.stringMatching(/^by way of the proxy 127\.0\.0\.1:1: /),
    });
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain("secret");
  });
});

describe("the environment", () => {
  it.each<[Record<string, string>, string, string | undefined]>([
    [{}, "https://r.example", undefined],
    [{ HTTPS_PROXY: "" }, "https://r.example", undefined],
    [{ HTTPS_PROXY: "proxy.corp:3128" }, "https://r.example", "http://proxy.corp:3128/"],
    [{ https_proxy: "http://lower:1", HTTPS_PROXY: "http://upper:1" }, "https://r.example", "http://lower:1/"],
    [{ HTTPS_PROXY: "https://tls.corp" }, "https://r.example", "https://tls.corp/"],
    [{ HTTP_PROXY: "http://proxy:1" }, "https://r.example", undefined],
    [{ HTTPS_PROXY: "http://proxy:1" }, "http://r.example", undefined],
    [{ HTTPS_PROXY: "http://proxy:1", NO_PROXY: "r.example" }, "https://r.example", undefined],
    [{ HTTPS_PROXY: "http://proxy:1", no_proxy: "", NO_PROXY: "r.example" }, "https://r.example", "http://proxy:1/"],
  ])("%j leads %s to %s", (environment, url, proxy) => {
    const settings = proxySettings(environment);
    expect(settings && proxyOf(new URL(url), settings)?.href).toBe(proxy);
  });

  it.each(["http://", "ftp://proxy", "http://user:secret@:1", "a b", "://x"])(
    "of HTTPS_PROXY %j is refused unsaid",
    (value) => {
      expect(() => proxySettings({ HTTPS_PROXY: value })).toThrow(
        /^HTTPS_PROXY is no URL of a proxy \(http:\/\/host:port, https: or socks5:\); correct it, or unset it$/,
      );
    },
  );

  it.each([
    ["https://r.example", "r.example"],
    ["https://a.r.example", "r.example"],
    ["https://a.r.example", ".r.example"],
    ["https://r.example", ".r.example"],
    ["https://a.r.example", "*.r.example"],
    ["https://R.example", "other, r.EXAMPLE"],
    ["https://r.example:5000", "r.example:5000"],
    ["https://r.example", "r.example:443"],
    ["https://r.example", "*"],
    ["https://10.1.2.3", "10.0.0.0/8"],
    ["https://10.1.2.3:5000", "10.1.2.3"],
    ["https://[fd12::1]:5000", "fd00::/8"],
    ["https://[fd12::1]", "fd12::1"],
    ["https://[fd12::1]:5000", "[fd12::1]:5000"],
    ["https://localhost:5000", ""],
    ["https://r.localhost", ""],
    ["https://127.0.0.1", ""],
    ["https://[::1]", ""],
    ["https://169.254.169.254", ""],
  ])("goes directly to %s with NO_PROXY %j", (url, noProxy) => {
    expect(bypassesProxy(new URL(url), noProxy)).toBe(true);
  });

  it.each([
    ["https://evil-r.example", "r.example"],
    ["https://r.example", "*.r.example"],
    ["https://r.example:5000", "r.example:443"],
    ["https://r.example", "example.r.example"],
    ["https://11.1.2.3", "10.0.0.0/8"],
    ["https://10.1.2.3", "10.0.0.0/99"],
    ["https://10.example", "10.0.0.0/8"],
    ["https://r.example", ""],
    ["https://[2600::1]", "10.0.0.0/8"],
  ])("goes by way of the proxy to %s with NO_PROXY %j", (url, noProxy) => {
    expect(bypassesProxy(new URL(url), noProxy)).toBe(false);
  });
});
