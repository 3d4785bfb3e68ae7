import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import type { Script } from "../fixtures/servers/scripted-server.ts";
import { besieged, failureOf, saidBy, SECRET } from "./canary.ts";
import type { Canary } from "./canary.ts";

const signal = AbortSignal.timeout(600_000);
const v1 = parseTag("v1");
const bytes = new TextEncoder().encode("an innocent layer");
const blob = { mediaType: MediaType.ociLayer, digest: digestOf(bytes), size: bytes.byteLength };
const SIGNED = "X-Amz-Signature=deadbeefdeadbeef&X-Amz-Security-Token=FwoGZXIvYXdzEJr";
/** Secrets that must not appear anywhere. */
const SECRETS = /deadbeef|FwoGZX|the-secret-password|ya29\.secret|dGhlLXNlY3JldC|QVdTOnRoZS1zZWNyZXQ/;

describe("T06: an allowed host that asks for credentials", () => {
  it.each(["Bearer", "Basic"])("gets none of ours for a %s challenge", async (scheme) => {
    const script =
      (canary: Canary): Script =>
      (got, response) => {
        if (got.url.startsWith("/token")) return void response.end('{"token":"fresh"}');
        if (got.url.startsWith("/elsewhere")) {
          const realm = `http://${got.headers.host}/token`;
          return void response.writeHead(401, { "www-authenticate": `${scheme} realm="${realm}"` }).end();
        }
        // Another origin of the same attacker: the same server under its other name.
        response
          .writeHead(307, {
            location: `http://localhost:${got.headers.host?.split(":")[1]}/elsewhere?c=${canary.port}`,
          })
          .end();
      };
    const allowedHosts = (): string[] => ["localhost:*"];
    await besieged({ script, allowedHosts }, async ({ source, got }) => {
      await failureOf(source.openBlob(blob, signal));
      const elsewhere = got.filter(({ url }) => url.startsWith("/elsewhere"));
      for (const { headers } of elsewhere) expect(headers).not.toHaveProperty("authorization");
    });
  });
});

describe("T31: the scope of a token", () => {
  it.each([
    ["reading", "repository:a:pull"],
    ["writing", "repository:a:pull,push"],
  ])("requested for %s is exactly %s", async (what, scope) => {
    const script = (): Script => (got, response) => {
      if (got.url.startsWith("/token")) return void response.end(`{"token":"${what}"}`);
      const isKnown = got.headers.authorization === `Bearer ${what}`;
      if (isKnown) return void response.writeHead(got.method === "HEAD" ? 404 : 201).end();
      const realm = `http://${got.headers.host}/token`;
      response
        .writeHead(401, { "www-authenticate": `Bearer realm="${realm}",service="s",scope="repository:*:*"` })
        .end();
    };
    await besieged({ script }, async ({ source, target, got }) => {
      if (what === "reading") await source.resolve(v1, signal);
      else
        await target.putManifest({ mediaType: MediaType.ociIndex, digest: digestOf(EMPTY), bytes: EMPTY }, v1, signal);
      const asked = got
        .filter(({ url }) => url.startsWith("/token"))
        .map(({ url }) => new URL(url, "http://x").searchParams);
      expect(asked.map((query) => query.getAll("scope"))).toEqual([[scope]]);
    });
  });

  it.each(["b", "a/b"])("of one repository is not used for another (%s)", async (other) => {
    const script = (): Script => (got, response) => {
      const query = new URL(got.url, "http://x").searchParams;
      if (got.url.startsWith("/token")) return void response.end(`{"token":"for-${query.get("scope")}"}`);
      if (got.headers.authorization?.startsWith("Bearer for-") === true) return void response.writeHead(404).end();
      response.writeHead(401, { "www-authenticate": `Bearer realm="http://${got.headers.host}/token"` }).end();
    };
    await besieged({ script }, async ({ source, endpoint, got }) => {
      await source.resolve(v1, signal);
      const repository = parseRepositoryName(other);
      await createRegistryTarget({ ...endpoint, repository }).resolve(v1, signal);
      const used = got.filter(
        ({ url, headers }) => url.includes(`/v2/${other}/manifests`) && headers.authorization?.startsWith("Bearer"),
      );
      expect(used.map(({ headers }) => headers.authorization)).toEqual([`Bearer for-repository:${other}:pull`]);
    });
  });
});

const EMPTY = new TextEncoder().encode(
  JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] }),
);

/** Failures behind a signed link. */
const FAILURES: readonly (readonly [what: string, fail: Script])[] = [
  ["403 that quotes the link", (got, response) => void response.writeHead(403).end(`<Error>${got.url}</Error>`)],
  [
    "404 with an OCI error that quotes it",
    (got, response) =>
      void response.writeHead(404).end(JSON.stringify({ errors: [{ code: "X", message: `http://h${got.url}` }] })),
  ],
  ["500", (got, response) => void response.writeHead(500).end(got.url)],
  ["429", (got, response) => void response.writeHead(429, { "retry-after": "99" }).end(got.url)],
  ["a reset connection", (_got, response) => void response.socket?.resetAndDestroy()],
  ["an answer that is not HTTP", (got, response) => void response.socket?.end(`nonsense ${got.url}\r\n\r\n`)],
  [
    "a body that ends early",
    (_got, response) => {
      response.writeHead(200, { "content-length": "17" }).write("an", () => response.destroy());
    },
  ],
  ["other bytes", (_got, response) => void response.end("other bytes, long")],
  [
    "another redirect, to a host that is not allowed",
    (got, response) => void response.writeHead(307, { location: `http://evil.test${got.url}` }).end(),
  ],
  ["an endless redirect", (got, response) => void response.writeHead(307, { location: got.url }).end()],
  ["an encoding", (_got, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("x")],
];

describe("T19: a signed link", () => {
  it.each(FAILURES)("appears in no error after %s", async (_what, fail) => {
    const script = (): Script => (got, response, count) => {
      if (got.url.startsWith("/signed")) return fail(got, response, count);
      response.writeHead(307, { location: `/signed/${blob.digest}?${SIGNED}` }).end();
    };
    await besieged({ script }, async ({ source }) => {
      const read = async (): Promise<void> => {
        await using stream = await source.openBlob(blob, signal);
        for await (const chunk of stream) expect(chunk.byteLength).toBeGreaterThan(0);
      };
      expect(saidBy(await failureOf(read()))).not.toMatch(SECRETS);
    });
  });
});

describe("T20: an error that echoes our credentials", () => {
  it.each(["in plain text", "as an OCI error", "in a header", "from the token server"])(
    "%s is redacted",
    async (where) => {
      const script = (): Script => (got, response) => {
        const echo = `you sent ${got.headers.authorization} and "password": "the-secret-password" and ya29.secret-token`;
        if (where === "in a header")
          return void response.writeHead(400, { "x-echo": "1", warning: "199 - echo" }).end(echo);
        if (where === "as an OCI error")
          return void response.writeHead(403).end(JSON.stringify({ errors: [{ code: "DENIED", message: echo }] }));
        if (where === "from the token server" && !got.url.startsWith("/token")) {
          return void response
            .writeHead(401, { "www-authenticate": `Bearer realm="http://${got.headers.host}/token"` })
            .end();
        }
        response.writeHead(403).end(echo);
      };
      await besieged({ script, credentials: SECRET }, async ({ source }) => {
        expect(saidBy(await failureOf(source.fetchManifest({ digest: blob.digest }, signal)))).not.toMatch(SECRETS);
      });
    },
  );
});

describe("T35: the source", () => {
  it.each(["everything succeeds", "everything fails"])("receives only GET and HEAD when %s", async (how) => {
    const script = (): Script => (got, response) => {
      if (how === "everything fails") return void response.writeHead(500).end();
      if (got.url.includes("/blobs/")) return void response.end(bytes);
      response.writeHead(404).end();
    };
    await besieged({ script }, async ({ source, got }) => {
      await Promise.allSettled([
        source.resolve(v1, signal),
        source.fetchManifest({ digest: blob.digest }, signal),
        source.listReferrers(blob.digest, signal),
        source.openBlob(blob, signal).then((stream) => stream[Symbol.asyncDispose]()),
      ]);
      expect(got.length).toBeGreaterThan(3);
      expect(got.filter(({ method }) => method !== "GET" && method !== "HEAD")).toEqual([]);
    });
  });
});
