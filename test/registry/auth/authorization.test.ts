import { describe, expect, it } from "vitest";
import { parseTag } from "../../../src/oci/reference.ts";
import { cachedCredentials } from "../../../src/registry/credentials/cached-credentials.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import { testEndpoint, testSource } from "../../fixtures/registry-client.ts";

const signal = AbortSignal.timeout(600_000);
const user = { kind: "basic", username: "user", password: "secret" } as const;
const tag = parseTag("v1");

describe("authorization", () => {
  it("fetches a token from the challenge's realm with exactly the required scope, once for all concurrent callers", async () => {
    await using server = await scriptedServer((got, response) => {
      if (got.url.startsWith("/token")) return void response.end(JSON.stringify({ token: "t1", expires_in: 300 }));
      if (got.headers.authorization === "Bearer t1") return void response.writeHead(404).end();
      response
        .writeHead(401, { "www-authenticate": `Bearer realm="http://${got.headers.host}/token",service="s"` })
        .end();
    });
    await using connections = createConnections();
    const source = testSource({ host: server.host, repository: "a/b", credentials: user }, connections);
    await source.resolve(tag, signal);
    await Promise.all([source.resolve(tag, signal), source.resolve(tag, signal)]);
    const tokens = server.got.filter(({ url }) => url.startsWith("/token"));
    expect(tokens.map(({ url }) => url)).toEqual(["/token?service=s&scope=repository%3Aa%2Fb%3Apull"]);
    expect(tokens[0]?.headers.authorization).toBe(`Basic ${Buffer.from("user:secret").toString("base64")}`);
  });

  it("never contacts a realm on a host that is not configured", async () => {
    await using canary = await scriptedServer((_got, response) => void response.end("{}"));
    await using server = await scriptedServer((_got, response) => {
      response.writeHead(401, { "www-authenticate": `Bearer realm="http://${canary.host}/token"` }).end();
    });
    await using connections = createConnections();
    const source = testSource({ host: server.host, repository: "a", credentials: user }, connections);
    await expect(source.resolve(tag, signal)).rejects.toMatchObject({
      category: "permanent",
      message: expect.stringContaining("none of its known hosts"),
    });
    expect(canary.got).toEqual([]);
  });

  it("refreshes refused credentials once, also when ECR responds with 403 to an expired token", async () => {
    await using server = await scriptedServer((got, response) => {
      const isFresh = got.headers.authorization === `Basic ${Buffer.from("AWS:2").toString("base64")}`;
      if (isFresh) return void response.writeHead(404).end();
      const errors = [
        { code: "DENIED", message: "Your authorization token has expired. Reauthenticate and try again." },
      ];
      // The response to a HEAD gives no reason.
      response.writeHead(403).end(got.method === "HEAD" ? undefined : JSON.stringify({ errors }));
    });
    await using connections = createConnections();
    let fetched = 0;
    const credentials = cachedCredentials(() => {
      fetched++;
      return Promise.resolve({
        credentials: { kind: "basic", username: "AWS", password: String(fetched) },
        expiresAt: Date.now() + 43_200_000,
      });
    });
    const source = createRegistrySource({
      ...testEndpoint({ host: server.host, repository: "a", preemptive: true }, connections),
      credentials,
    });
    expect(await source.resolve(tag, signal)).toBeUndefined();
    expect(await source.resolve(tag, signal)).toBeUndefined();
    expect(fetched).toBe(2);
  });

  it("fails when new credentials are refused as well, and quotes the registry", async () => {
    await using server = await scriptedServer((_got, response) => {
      response.writeHead(403).end(JSON.stringify({ errors: [{ code: "DENIED", message: 'Permission "x" denied' }] }));
    });
    await using connections = createConnections();
    const place = { host: server.host, repository: "a", credentials: user, preemptive: true };
    const source = testSource(place, connections);
    await expect(source.listReferrers(`sha256:${"a".repeat(64)}`, signal)).rejects.toMatchObject({
      category: "permanent",
      status: 403,
      code: "DENIED",
    });
    // The referrers tag is a separate request.
    expect(server.got.filter(({ url }) => url.includes("/referrers/"))).toHaveLength(1);
  });
});

describe("redirects", () => {
  const blob = { mediaType: "application/octet-stream", digest: `sha256:${"0".repeat(64)}`, size: 3 } as const;

  it("carry no credentials to another origin, nor back again", async () => {
    await using home = await scriptedServer((got, response) => {
      if (got.url.startsWith("/back")) return void response.writeHead(404).end();
      response.writeHead(307, { location: `http://${store.host}/away` }).end();
    });
    await using store = await scriptedServer((_got, response) => {
      response.writeHead(302, { location: `http://${home.host}/back` }).end();
    });
    await using connections = createConnections();
    const source = testSource(
      { host: home.host, repository: "a", credentials: user, allowedHosts: [store.host] },
      connections,
    );
    await expect(source.openBlob(blob, signal)).rejects.toMatchObject({ status: 404 });
    expect(store.got.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(home.got.at(-1)?.headers.authorization).toBeUndefined();
  });

  it("to a host that is not configured are refused before anything is sent", async () => {
    await using canary = await scriptedServer((_got, response) => void response.end());
    await using home = await scriptedServer(
      (_got, response) => void response.writeHead(307, { location: `http://${canary.host}/x` }).end(),
    );
    await using connections = createConnections();
    const source = testSource({ host: home.host, repository: "a", credentials: user }, connections);
    await expect(source.openBlob(blob, signal)).rejects.toMatchObject({ category: "permanent" });
    expect(canary.got).toEqual([]);
  });

  it("that form a loop end after five hops", async () => {
    await using home = await scriptedServer(
      (got, response) => void response.writeHead(307, { location: got.url }).end(),
    );
    await using connections = createConnections();
    const source = testSource({ host: home.host, repository: "a" }, connections);
    await expect(source.openBlob(blob, signal)).rejects.toMatchObject({
      category: "permanent",
      message: expect.stringContaining("more than 5 times"),
    });
    expect(home.got).toHaveLength(6);
  });
});
