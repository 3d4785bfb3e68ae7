import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { Credentials } from "../../../src/registry/credentials/credentials.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { bearer, isToken, open, takesToken } from "./scripted-repository.ts";

const signal = AbortSignal.timeout(600_000);
const tag = parseTag("v1");
const user: Credentials = { kind: "basic", username: "user", password: "secret" };
const BASIC = `Basic ${Buffer.from("user:secret").toString("base64")}`;
const bytes = new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}');
const manifest = { mediaType: MediaType.ociIndex, digest: digestOf(bytes), bytes };

describe("a login", () => {
  it.each([400, 401, 403])(
    "is not sent before the registry challenges: some answer an early login with %d",
    async (status) => {
      const registry = takesToken((_got, response) => void response.writeHead(status).end());
      await using place = await open(registry, { login: user });
      expect(await place.source.resolve(tag, signal)).toBeUndefined();
      expect(place.logins()).toEqual([undefined, BASIC, "Bearer good"]);
    },
  );

  it("is sent as Basic after the first challenge when the registry requires Basic", async () => {
    await using place = await open(
      ({ headers }, response) => {
        if (headers.authorization === BASIC) return void response.writeHead(404).end();
        response.writeHead(401, { "www-authenticate": 'Basic realm="r"' }).end();
      },
      { login: user },
    );
    await place.source.resolve(tag, signal);
    await place.source.resolve(tag, signal);
    expect(place.logins()).toEqual([undefined, BASIC, BASIC]);
  });

  it("is sent at once when the registry is known to accept that", async () => {
    await using place = await open((_got, response) => void response.writeHead(404).end(), {
      login: user,
      preemptive: true,
    });
    await place.source.resolve(tag, signal);
    expect(place.logins()).toEqual([BASIC]);
  });

  it.each([401, 403, 400])(
    "that was sent at once is exchanged for a token when the %d has a Bearer challenge",
    async (status) => {
      const registry = takesToken((got, response) => void response.writeHead(status, bearer(got)).end());
      await using place = await open(registry, { login: user, preemptive: true });
      expect(await place.source.resolve(tag, signal)).toBeUndefined();
      expect(place.logins()).toEqual([BASIC, BASIC, "Bearer good"]);
    },
  );

  it("goes to the token server when both challenges can be met, in any position of the header", async () => {
    await using place = await open(
      (got, response) => {
        if (isToken(got)) return void response.end('{"token":"good"}');
        if (got.headers.authorization === "Bearer good") return void response.writeHead(404).end();
        const [token = ""] = Object.values(bearer(got));
        response.writeHead(401, { "www-authenticate": ["Negotiate", `Basic realm="r", ${token}`] }).end();
      },
      { login: user },
    );
    await place.source.resolve(tag, signal);
    expect(place.logins()).toEqual([undefined, BASIC, "Bearer good"]);
  });

  it("is sent as Basic when the only realm is on another host and the registry also accepts Basic", async () => {
    await using place = await open(
      ({ headers }, response) => {
        if (headers.authorization === BASIC) return void response.writeHead(404).end();
        const elsewhere = 'Bearer realm="http://elsewhere.example/token"';
        response.writeHead(401, { "www-authenticate": [elsewhere, 'Basic realm="r"'] }).end();
      },
      { login: user },
    );
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
  });

  it.each([401, 403])("is tried as Basic when a %d has no challenge", async (status) => {
    await using place = await open(
      ({ headers, url }, response) => {
        if (url === "/v2/") return void response.end("{}");
        response.writeHead(headers.authorization === BASIC ? 404 : status).end();
      },
      { login: user },
    );
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
  });

  it("that is refused permanently is tried once, and the error keeps the registry's response", async () => {
    await using place = await open(
      (_got, response) =>
        void response
          .writeHead(401, { "www-authenticate": 'Basic realm="r"' })
          .end('{"errors":[{"code":"UNAUTHORIZED"}]}'),
      { login: user },
    );
    await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({ status: 401, category: "permanent" });
    expect(place.logins()).toEqual([undefined, BASIC]);
  });

  it.each([403, 404])("is fetched from /v2/ once, when an anonymous request gets %d", async (status) => {
    await using place = await open(
      (got, response) => {
        if (isToken(got)) return void response.end('{"token":"good"}');
        if (got.url === "/v2/") return void response.writeHead(401, bearer(got)).end();
        const isMine = got.headers.authorization === "Bearer good";
        response.writeHead(isMine ? 200 : status, {
          "docker-content-digest": manifest.digest,
          "content-type": manifest.mediaType,
        });
        response.end(isMine && got.method === "GET" ? bytes : undefined);
      },
      { login: user },
    );
    const both = await Promise.all([place.source.resolve(tag, signal), place.source.resolve(tag, signal)]);
    expect(both.map((each) => each?.digest)).toEqual([manifest.digest, manifest.digest]);
    expect(place.got.filter(({ url }) => url === "/v2/")).toHaveLength(1);
    expect(place.got.filter(isToken)).toHaveLength(1);
  });

  it("is fetched again after the token server was unavailable: content hidden from anonymous users does not count as absent", async () => {
    let isAway = false;
    let now = 0;
    await using place = await open(
      (got, response) => {
        if (isToken(got)) return void response.writeHead(isAway ? 500 : 200).end('{"token":"good"}');
        if (got.url === "/v2/") return void response.writeHead(401, bearer(got)).end();
        const isMine = got.headers.authorization === "Bearer good";
        response.writeHead(isMine ? 200 : 404, { "docker-content-digest": manifest.digest }).end();
      },
      { login: user, clock: { ...systemClock, now: () => now } },
    );
    expect(await place.source.resolve(tag, signal)).toMatchObject({ digest: manifest.digest });
    isAway = true;
    now = 60_000;
    await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({ operation: "get-token", status: 500 });
    await expect(place.source.resolve(tag, signal)).rejects.toMatchObject({ operation: "get-token", status: 500 });
    isAway = false;
    expect(await place.source.resolve(tag, signal)).toMatchObject({ digest: manifest.digest });
  });

  it("that was tried without a challenge is not sent with later requests: the next one starts anonymously", async () => {
    await using place = await open(
      ({ headers, url }, response) => {
        if (url === "/v2/") return void response.end("{}");
        response.writeHead(headers.authorization === undefined && url.includes("/manifests/") ? 404 : 403).end();
      },
      { login: user },
    );
    await expect(place.source.listReferrers(manifest.digest, signal)).rejects.toMatchObject({ status: 403 });
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
    // The list, the missing challenge at /v2/, the list with Basic; then the referrers tag, and the tag.
    expect(place.logins()).toEqual([undefined, undefined, BASIC, undefined, undefined]);
  });

  it("is not looked up at /v2/ when anonymous: a 404 means absent", async () => {
    await using place = await open((_got, response) => void response.writeHead(404).end());
    expect(await place.source.resolve(tag, signal)).toBeUndefined();
    expect(place.got).toHaveLength(1);
  });
});

describe("a scope", () => {
  it("of a target is pull,push from the first request, so that its repository is created", async () => {
    await using place = await open(takesToken((_got, response) => void response.writeHead(401).end()));
    expect(await place.target.resolve(tag, signal)).toBeUndefined();
    expect(place.asked()).toEqual([["repository:a/b:pull,push"]]);
  });

  it.each([
    ["one of the registry's own", "aws", ["repository:a/b:pull", "aws"]],
    ["our repository's", "repository:a/b:pull,push,delete", ["repository:a/b:pull"]],
    [
      "the name behind a proxy",
      "repository:remote/a/b:pull,push",
      ["repository:a/b:pull", "repository:remote/a/b:pull"],
    ],
    ["several", "repository:a/b:pull repository:c:pull", ["repository:a/b:pull", "repository:c:pull"]],
    ["one that only others need", "repository:c:push repository:d:*", ["repository:a/b:pull"]],
  ])("of a challenge is requested in addition to ours: %s", async (_what, scope, asked) => {
    await using place = await open(takesToken((_got, response) => void response.writeHead(401).end(), { scope }));
    await place.source.resolve(tag, signal);
    expect(place.asked()).toEqual([asked]);
  });
});

describe("every request", () => {
  it("has a User-Agent with name and version, also when it requests a token", async () => {
    await using place = await open(takesToken((_got, response) => void response.writeHead(401).end()));
    await place.source.resolve(tag, signal);
    const names = new Set(place.got.map(({ headers }) => headers["user-agent"]));
    const { version }: { version: string } = JSON.parse(await readFile("package.json", "utf8"));
    expect([...names]).toEqual([`freightliner/${version}`]);
  });
});
