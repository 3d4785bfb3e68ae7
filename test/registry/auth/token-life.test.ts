import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import type { BlobStream } from "../../../src/oci/image-source.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import type { Credentials } from "../../../src/registry/credentials/credentials.ts";
import type { Got, Script } from "../../fixtures/servers/scripted-server.ts";
import { bearer, isToken, open, takesToken } from "./scripted-repository.ts";

const signal = AbortSignal.timeout(600_000);
const tag = parseTag("v1");
const bytes = new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}');
const manifest = { mediaType: MediaType.ociIndex, digest: digestOf(bytes), bytes };
const formOf = ({ body }: Got): URLSearchParams => new URLSearchParams(body.toString());

describe("an expired token", () => {
  const DENIED = JSON.stringify({ errors: [{ code: "DENIED", message: "Your authorization token has expired" }] });

  /** Issues t1, t2, ... and refuses t1 from its second use on. */
  function expiring(status: number): Script {
    let given = 0;
    const used = new Map<string, number>();
    return (got, response) => {
      if (isToken(got)) return void response.end(JSON.stringify({ token: `t${++given}` }));
      const { authorization = "" } = got.headers;
      used.set(authorization, (used.get(authorization) ?? 0) + 1);
      if (authorization === "") return void response.writeHead(401, bearer(got)).end();
      const isExpired = authorization === "Bearer t1" && used.get(authorization) !== 1;
      response.writeHead(isExpired ? status : 404).end(isExpired && got.method === "GET" ? DENIED : undefined);
    };
  }

  it.each([400, 401, 403])(
    "is replaced, also when the registry responds with %d, with or without a body",
    async (status) => {
      for (const how of ["a GET", "a HEAD"]) {
        await using place = await open(expiring(status));
        const ask = () =>
          how === "a HEAD"
            ? place.source.resolve(tag, signal)
            : place.source.fetchManifest({ digest: manifest.digest }, signal);
        expect([await ask(), await ask()]).toEqual([undefined, undefined]);
        expect(place.got.filter(isToken)).toHaveLength(2);
      }
    },
  );

  it("is replaced only once: a refusal with a new token is final", async () => {
    const denied = '{"errors":[{"code":"DENIED","message":"push access denied"}]}';
    let given = 0;
    await using place = await open((got, response) => {
      if (isToken(got)) return void response.end(JSON.stringify({ token: `t${++given}` }));
      if (got.headers.authorization === undefined) return void response.writeHead(401, bearer(got)).end();
      response.writeHead(got.method === "PUT" ? 403 : 404).end(got.method === "PUT" ? denied : undefined);
    });
    await place.target.resolve(tag, signal);
    for (let time = 0; time < 3; time++) {
      const put = place.target.putManifest(manifest, manifest.digest, signal);
      await expect(put).rejects.toMatchObject({ status: 403, code: "DENIED" });
    }
    expect(place.got.filter(isToken)).toHaveLength(2);
  });

  it("leaves the registry's message in the error when no other token is available", async () => {
    let given = 0;
    await using place = await open((got, response) => {
      if (isToken(got)) return void response.writeHead(given++ === 0 ? 200 : 500).end('{"token":"t1"}');
      if (got.headers.authorization === undefined) return void response.writeHead(401, bearer(got)).end();
      response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"not yours"}]}');
    });
    const read = place.source.fetchManifest({ digest: manifest.digest }, signal);
    await expect(read).rejects.toMatchObject({ status: 403, message: expect.stringContaining("not yours") });
  });
});

describe("an identity token", () => {
  const login: Credentials = { kind: "identity-token", token: "refresh/me" };

  it("is exchanged by POST at the challenge's realm, and never sent to the registry itself", async () => {
    await using place = await open(
      takesToken((_got, response) => void response.writeHead(401).end()),
      { login },
    );
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
    const [exchange] = place.got.filter(isToken);
    expect(exchange).toMatchObject({
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(exchange?.headers.authorization).toBeUndefined();
    expect(exchange === undefined ? {} : Object.fromEntries(formOf(exchange))).toEqual({
      grant_type: "refresh_token",
      service: "s",
      client_id: "freightliner",
      scope: "repository:a/b:pull",
      refresh_token: "refresh/me",
    });
    expect(place.logins()).toEqual([undefined, undefined, "Bearer good"]);
  });

  it("is sent again after a redirect that keeps the method", async () => {
    const registry = takesToken((_got, response) => void response.writeHead(401).end());
    await using place = await open(
      (got, response, count) => {
        if (got.url === "/token") return void response.writeHead(308, { location: "/token/v2" }).end();
        return registry(got, response, count);
      },
      { login },
    );
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
    expect(place.got.filter(({ method }) => method === "POST").map(({ url }) => url)).toEqual(["/token", "/token/v2"]);
  });

  it("causes an error with advice when the registry accepts only a password", async () => {
    const challenge = { "www-authenticate": 'Basic realm="r"' };
    await using place = await open((_got, response) => void response.writeHead(401, challenge).end(), { login });
    await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({
      category: "permanent",
      message: expect.stringContaining("log in with a password"),
    });
  });
});

describe("a registry token", () => {
  it("is sent unchanged, at once, and only once when it is refused", async () => {
    await using place = await open((got, response) => void response.writeHead(401, bearer(got)).end(), {
      login: { kind: "registry-token", token: "mine" },
    });
    await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({ status: 401 });
    expect(place.logins()).toEqual(["Bearer mine"]);
  });
});

describe("a mount", () => {
  const layer = new TextEncoder().encode("a layer");
  const blob = { mediaType: MediaType.ociLayer, digest: digestOf(layer), size: layer.byteLength };
  const mountFrom = parseRepositoryName("other");
  const opened = (): Promise<BlobStream> =>
    Promise.resolve({
      async *[Symbol.asyncIterator]() {
        yield await Promise.resolve(layer);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });

  it("for which no token is issued becomes an upload, and keeps the known credentials", async () => {
    await using place = await open((got, response) => {
      if (isToken(got)) return void response.writeHead(got.url.includes("other") ? 403 : 200).end('{"token":"good"}');
      if (got.headers.authorization === undefined) return void response.writeHead(401, bearer(got)).end();
      const location = "/v2/a/b/blobs/uploads/1";
      response.writeHead(got.method === "POST" ? 202 : 201, got.method === "POST" ? { location } : {}).end();
    });
    const push = () => place.target.pushBlob(blob, { open: opened, mountFrom }, signal);
    expect(await push()).toEqual({ kind: "uploaded" });
    const before = place.got.length;
    expect(await push()).toEqual({ kind: "uploaded" });
    expect(place.asked()[0]).toEqual(["repository:a/b:pull,push", "repository:other:pull"]);
    expect(place.got.slice(before).map(({ method, url }) => `${method} ${url.split("?")[0]}`)).toEqual([
      "GET /token",
      "POST /v2/a/b/blobs/uploads/",
      "PUT /v2/a/b/blobs/uploads/1",
    ]);
  });
});
