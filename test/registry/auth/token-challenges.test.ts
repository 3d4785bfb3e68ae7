import { describe, expect, it } from "vitest";
import { parseTag } from "../../../src/oci/reference.ts";
import type { Clock } from "../../../src/async/clock.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { createSharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Got, Script } from "../../fixtures/servers/scripted-server.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";

const signal = AbortSignal.timeout(600_000);
const tag = parseTag("v1");

const realmOf = ({ headers }: Got): string => `Bearer realm="http://${headers.host}/token",service="s"`;
const isToken = ({ url }: Got): boolean => url.startsWith("/token");

/** Issues a new token each time, t1, t2, and accepts those that `isGood`. */
function tokenRegistry(isGood: (token: string) => boolean = () => true): Script {
  let given = 0;
  return (got, response) => {
    if (isToken(got)) return void response.end(JSON.stringify({ token: `t${++given}`, expires_in: 300 }));
    const token = /^Bearer (t\d+)$/.exec(got.headers.authorization ?? "")?.[1];
    if (token !== undefined && isGood(token)) return void response.writeHead(404).end();
    response.writeHead(401, { "www-authenticate": realmOf(got) }).end();
  };
}

/** A source at a scripted registry, without retries. */
async function open(script: Script, clock: Clock = systemClock) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await scriptedServer(script));
  const connections = stack.use(createConnections());
  const endpoint = testEndpoint({ host: server.host, repository: "a/b" }, connections);
  const limits = createSharedLimits({ hedging: false, retryPolicies: { preset: "off" }, clock });
  const source = createRegistrySource({ ...endpoint, limits, clock });
  return { source, got: server.got, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a challenge", () => {
  it.each([
    ["elsewhere", 'Bearer realm="http://login.captive-portal.example/token"'],
    ["that is no URL", 'Bearer realm="/token",service="s"'],
  ])("with a realm %s is forgotten: the registry is asked again, and its next challenge is met", async (_w, odd) => {
    const good = tokenRegistry();
    await using place = await open((got, response, count) =>
      count === 0 ? void response.writeHead(401, { "www-authenticate": odd }).end() : good(got, response, count),
    );
    await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({ category: "permanent" });
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
  });

  it.each(["/token", "", "login page", "javascript\u001b[31m"])(
    "with the realm %j is final, and the message quotes it",
    async (realm) => {
      const header = `Bearer realm="${realm.replace("\u001b", "\t")}",service="s"`;
      await using place = await open((_got, response) => {
        response.writeHead(401, { "www-authenticate": header }).end();
      });
      await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({
        category: "permanent",
        operation: "get-token",
        message: expect.stringContaining(JSON.stringify(realm.replace("\u001b", "\t"))),
      });
      expect(place.got).toHaveLength(1);
    },
  );

  it("whose token server no longer exists is dropped, and the registry's new challenge is used", async () => {
    let isMoved = false;
    let now = 0;
    const clock = { ...systemClock, now: () => now };
    await using place = await open((got, response) => {
      if (got.url.startsWith("/token")) {
        return void response.writeHead(isMoved ? 404 : 200).end('{"token":"old"}');
      }
      if (got.url.startsWith("/new")) return void response.end(JSON.stringify({ token: "new", expires_in: 300 }));
      if (got.headers.authorization === (isMoved ? "Bearer new" : "Bearer old"))
        return void response.writeHead(404).end();
      const realm = `http://${got.headers.host}/${isMoved ? "new" : "token"}`;
      response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
    }, clock);
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
    isMoved = true;
    now = 60_000;
    await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({ operation: "get-token", status: 404 });
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
  });

  it.each([
    ["in a second line", (got: Got) => ["Negotiate", realmOf(got)]],
    ["after one that cannot be met", (got: Got) => [`Basic realm="x", ${realmOf(got)}`]],
    [
      "after one with a realm on another host",
      (got: Got) => ['Bearer realm="http://elsewhere.example/"', realmOf(got)],
    ],
  ])("that can be met is met when it is %s", async (_where, challenges) => {
    const good = tokenRegistry();
    await using place = await open((got, response, count) => {
      if (isToken(got) || got.headers.authorization !== undefined) return good(got, response, count);
      response.writeHead(401, { "www-authenticate": challenges(got) }).end();
    });
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
    expect(place.got.filter(isToken)).toHaveLength(1);
  });
});

describe("a token", () => {
  it("that expires during many requests is fetched once more for all of them", async () => {
    let current = "t1";
    const good = tokenRegistry((token) => token === current);
    const held = Promise.withResolvers<void>();
    let waiting = 0;
    await using place = await open(async (got, response, count) => {
      if (got.headers.authorization === "Bearer t1" && got.url.includes("/blobs/")) {
        if (++waiting === 16) held.resolve();
        await held.promise;
        current = "t2";
      }
      return good(got, response, count);
    });
    await place.source.resolve(tag, signal);
    const blob = { mediaType: "x", digest: `sha256:${"a".repeat(64)}`, size: 1 } as const;
    const all = await Promise.allSettled(Array.from({ length: 16 }, () => place.source.openBlob(blob, signal)));
    expect(all.every((each) => each.status === "rejected" && each.reason.status === 404)).toBe(true);
    expect(place.got.filter(isToken)).toHaveLength(2);
  });

  it("is still fetched for the other callers when the first caller is aborted", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const good = tokenRegistry();
    await using place = await open(async (got, response, count) => {
      if (isToken(got)) {
        asked.resolve();
        await answer.promise;
      }
      return good(got, response, count);
    });
    const first = new AbortController();
    const left = place.source.resolve(tag, first.signal);
    await asked.promise;
    const stays = place.source.resolve(tag, signal);
    first.abort(new Error("enough"));
    await expect(left).rejects.toThrow("enough");
    answer.resolve();
    expect(await stays).toBeUndefined();
  });
});
