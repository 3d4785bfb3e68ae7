import { describe, expect, it } from "vitest";
import { parseTag } from "../../../src/oci/reference.ts";
import { readToken } from "../../../src/registry/auth/token.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Script } from "../../fixtures/servers/scripted-server.ts";
import { testSource } from "../../fixtures/registry-client.ts";

const signal = AbortSignal.timeout(600_000);
const tag = parseTag("v1");
const minutes = (count: number): number => count * 60_000;

describe("a token server's answer", () => {
  it.each<[string, object, number]>([
    ["a life in seconds", { token: "t", expires_in: 300 }, 300],
    ["a life as text", { token: "t", expires_in: "300" }, 300],
    ["no life", { token: "t" }, 60],
    ["a life of 0", { token: "t", expires_in: 0 }, 60],
    ["a life of null", { token: "t", expires_in: null }, 60],
    ["a life below nothing", { token: "t", expires_in: -5 }, 60],
    ["a life that is no number", { token: "t", expires_in: "soon" }, 60],
    ["a life without end", { token: "t", expires_in: 1e300 }, 86_400],
    ["a clock of its own", { token: "t", expires_in: 300, issued_at: "1999-01-01T00:00:00Z" }, 300],
    ["an empty token beside access_token", { token: "", access_token: "t" }, 60],
    ["a null token beside access_token", { token: null, access_token: "t" }, 60],
    ["both names", { token: "t", access_token: "u" }, 60],
  ])("is read with %s", (_what, document, seconds) => {
    const early = Math.min(seconds * 100, minutes(5));
    expect(readToken(document, 1_000)).toEqual({ value: "t", staleAt: 1_000 + seconds * 1_000 - early });
  });

  it.each([[{}], [{ token: "two words" }], [{ token: 7 }], [null], ["token"], [[]]])("of %j holds none", (document) => {
    expect(readToken(document, 0)).toBeUndefined();
  });
});

/** A registry whose token server responds as the test scripts. */
async function withTokenServer(answer: Script) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(
    await scriptedServer((got, response, count) => {
      if (!got.url.startsWith("/v2/")) return answer(got, response, count);
      if (got.headers.authorization === "Bearer good") return void response.writeHead(404).end();
      response.writeHead(401, { "www-authenticate": `bearer realm="http://${got.headers.host}/token"` }).end();
    }),
  );
  const credentials = { kind: "basic", username: "user", password: "secret" } as const;
  const source = testSource({ host: server.host, repository: "a", credentials }, stack.use(createConnections()));
  return { source, got: server.got, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a token server", () => {
  it.each([301, 302, 303, 307, 308])(
    "may redirect (%d) on its own origin, where the login goes along",
    async (status) => {
      await using place = await withTokenServer(({ url, headers }, response) => {
        if (url.startsWith("/token")) return void response.writeHead(status, { location: `/auth${url}` }).end();
        response.writeHead(headers.authorization === undefined ? 401 : 200).end('{"token":"good"}');
      });
      expect(await place.source.resolve(tag, signal)).toBeUndefined();
    },
  );

  it.each(["http://elsewhere.example/token", "http://user:pw@HOST/token", "/token"])(
    "gets us nowhere by a redirect to %s",
    async (location) => {
      await using place = await withTokenServer(({ headers }, response) => {
        response.writeHead(302, { location: location.replace("HOST", headers.host ?? "") }).end();
      });
      await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({
        operation: "get-token",
        status: 302,
        category: "permanent",
      });
      expect(place.got.length).toBeLessThanOrEqual(7);
    },
  );

  it.each([
    ["a page for people", "<html>maintenance</html>", "deferred"],
    ["more than an answer can be", `{"token":"${"x".repeat(70_000)}"}`, "deferred"],
    ["an answer without a token", "{}", "permanent"],
  ])("that gives %s is said to have given no token", async (_what, body, category) => {
    await using place = await withTokenServer((_got, response) => void response.end(body));
    await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({
      operation: "get-token",
      category,
      message: expect.stringContaining("holds no token"),
    });
  });

  it("that refuses the login is quoted: no anonymous token replaces it", async () => {
    await using place = await withTokenServer(({ headers }, response) => {
      if (headers.authorization === undefined) return void response.end('{"token":"good"}');
      response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"incorrect login"}]}');
    });
    await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({
      operation: "get-token",
      status: 401,
      message: expect.stringContaining("incorrect login"),
    });
  });
});
