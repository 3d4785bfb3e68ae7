import * as fc from "fast-check";
import type { lookup } from "node:dns";
import { describe, expect, it } from "vitest";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { BlobStream } from "../../src/oci/image-source.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { isRegistryHost, parseReference, parseTag } from "../../src/oci/reference.ts";
import { createHostGuard } from "../../src/registry/hosts/host-guard.ts";
import { createRepositoryClient } from "../../src/registry/client/repository-client.ts";
import { listTags } from "../../src/registry/listings/list-tags.ts";
import { replicateTag } from "../../src/replication/copy/replicate-tag.ts";
import { copyRequest, replicateFixture, withSettings } from "../fixtures/replicate-context.ts";
import type { Got, Script } from "../fixtures/servers/scripted-server.ts";
import { besieged, failureOf } from "./canary.ts";
import type { Canary } from "./canary.ts";

const signal = AbortSignal.timeout(600_000);
const v1 = parseTag("v1");
const bytes = new TextEncoder().encode("an innocent layer");
const blob = { mediaType: MediaType.ociLayer, digest: digestOf(bytes), size: bytes.byteLength };

/** Addresses of this machine, of the link and of private networks, in an attacker's spellings. */
const PLACES = (canary: Canary): readonly string[] => [
  `http://${canary.host}/`,
  `http://2130706433:${canary.port}/`,
  `http://0x7f.1:${canary.port}/`,
  `http://127.1:${canary.port}/`,
  `http://[::ffff:7f00:1]:${canary.port}/`,
  `http://0:${canary.port}/`,
  `http://localhost:${canary.port}/`,
  "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
  "http://10.0.0.1/",
  "http://[fd00:ec2::254]/",
  "file:///etc/passwd",
  `gopher://${canary.host}/`,
  `http://AWS:the-secret-password@${canary.host}/`,
];
const INDEXES = Array.from({ length: 13 }, (_, index) => index);

const send = (status: number, headers: (place: string, got: Got) => Record<string, string>, index: number) => {
  return (canary: Canary): Script =>
    (got, response) =>
      void response.writeHead(status, headers(PLACES(canary)[index] ?? "", got)).end();
};

function opening(): { readonly open: () => Promise<BlobStream>; readonly read: () => number } {
  let read = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    read++;
    yield await Promise.resolve(bytes);
  }
  const stream = { [Symbol.asyncIterator]: pieces, [Symbol.asyncDispose]: () => Promise.resolve() };
  return { open: () => Promise.resolve(stream), read: () => read };
}

describe("T01: a layer's urls", () => {
  it.each([MediaType.ociLayer, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"])(
    "of type %s are never requested",
    async (mediaType) => {
      const script =
        (canary: Canary): Script =>
        (got, response) => {
          const layer = { ...blob, mediaType, urls: [`http://${canary.host}/layer`] };
          const manifest = JSON.stringify({
            schemaVersion: 2,
            mediaType: MediaType.ociManifest,
            config: { mediaType: MediaType.ociEmpty, digest: digestOf(new TextEncoder().encode("{}")), size: 2 },
            layers: [layer],
          });
          // The registry serves a layer of an ordinary type itself, whatever its urls are.
          if (got.url.endsWith(`/blobs/${blob.digest}`)) return void response.end(bytes);
          if (got.url.includes("/blobs/")) return void response.end("{}");
          if (!got.url.includes("/manifests/v1") && !got.url.includes("/manifests/sha256:"))
            return void response.writeHead(404).end();
          const digest = digestOf(new TextEncoder().encode(manifest));
          const headers = { "content-type": MediaType.ociManifest, "docker-content-digest": digest };
          response
            .writeHead(200, { ...headers, "content-length": manifest.length })
            .end(got.method === "HEAD" ? "" : manifest);
        };
      await besieged({ script }, async ({ source, canary }) => {
        const report = await replicateTag(copyRequest("v1"), withSettings(replicateFixture(), { source }), signal);
        expect(report).toMatchObject({ outcome: "replicated" });
        expect(canary.requests).toEqual([]);
      });
    },
  );
});

describe("T02, T10, T11: the realm of a challenge", () => {
  it.each(INDEXES)("at place %d is refused, and no credentials go there", async (index) => {
    const headers = (realm: string) => ({ "www-authenticate": `Bearer realm="${realm}token",service="s"` });
    await besieged({ script: send(401, headers, index) }, async ({ source, canary }) => {
      expect(await failureOf(source.resolve(v1, signal))).toMatchObject({ category: "permanent" });
      expect(canary.requests).toEqual([]);
    });
  });
});

describe("T03: a token server that redirects", () => {
  it.each(INDEXES)("to place %d is refused", async (index) => {
    const script =
      (canary: Canary): Script =>
      (got, response) => {
        if (got.url.startsWith("/token"))
          return void response.writeHead(302, { location: PLACES(canary)[index] }).end();
        const realm = `http://${got.headers.host}/token`;
        response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
      };
    await besieged({ script }, async ({ source, canary }) => {
      await failureOf(source.resolve(v1, signal));
      expect(canary.requests).toEqual([]);
    });
  });
});

describe("T04, T10, T11: the Location of an upload", () => {
  it.each(INDEXES)("at place %d is refused, and no byte is sent", async (index) => {
    const { open, read } = opening();
    await besieged({ script: send(202, (location) => ({ location }), index) }, async ({ target, canary }) => {
      expect(await failureOf(target.pushBlob(blob, { open }, signal))).toMatchObject({ category: "permanent" });
      expect([canary.requests, read()]).toEqual([[], 0]);
    });
  });
});

describe("T05, T10: a redirect", () => {
  it.each(INDEXES)("to place %d is refused", async (index) => {
    await besieged({ script: send(307, (location) => ({ location }), index) }, async ({ source, canary }) => {
      expect(await failureOf(source.openBlob(blob, signal))).toMatchObject({ category: "permanent" });
      expect(await failureOf(source.resolve(v1, signal))).toMatchObject({ category: "permanent" });
      expect(canary.requests).toEqual([]);
    });
  });

  it("is refused with its host, the reason and how to allow it, each once and without the signed link", async () => {
    const script = send(307, () => ({ location: "http://layers.example:81/layer?X-Amz-Signature=secret" }), 0);
    const howToAllow = (host: string): string => `add --allow-host ${host}`;
    await besieged({ script, howToAllow }, async ({ source, got }) => {
      const said = describeError(await failureOf(source.openBlob(blob, signal)));
      expect(said).toMatch(
        /: refused to contact layers\.example:81: 127\.0\.0\.1:\d+ sends us there, and it is none of its known hosts; if you trust it, add --allow-host layers\.example:81$/,
      );
      expect(got).toHaveLength(1);
    });
  });

  it.each(["basic", "registry-token"] as const)(
    "to an allowed host is followed without our %s credentials",
    async (kind) => {
      const credentials = kind === "basic" ? { kind, username: "AWS", password: "p" } : { kind, token: "t" };
      const allowedHosts = (canary: Canary): string[] => [canary.host];
      const script = send(307, (location) => ({ location }), 0);
      await besieged({ script, credentials, allowedHosts }, async ({ source, canary }) => {
        // The canary has answered: its bytes are not those of the blob.
        expect(await failureOf(source.openBlob(blob, signal))).toMatchObject({ code: "SIZE_INVALID" });
        expect(canary.requests).toHaveLength(1);
        expect(canary.requests[0]?.headers).not.toHaveProperty("authorization");
        expect(canary.requests[0]?.headers).not.toHaveProperty("cookie");
      });
    },
  );
});

describe("T07: the next page of a listing", () => {
  it.each(INDEXES)("at place %d is refused", async (index) => {
    const script =
      (canary: Canary): Script =>
      (_got, response) =>
        void response
          .writeHead(200, { link: `<${PLACES(canary)[index]}>; rel="next"` })
          .end('{"tags":["v1"],"manifests":[]}');
    await besieged({ script }, async ({ source, canary, endpoint }) => {
      const tags = async (): Promise<void> => {
        for await (const tag of listTags(createRepositoryClient(endpoint), signal)) expect(tag).toBe("v1");
      };
      await failureOf(tags());
      await failureOf(source.listReferrers(blob.digest, signal));
      expect(canary.requests).toEqual([]);
    });
  });
});

describe("T08: an endless listing", () => {
  it.each(["tags", "referrers"])("of %s is abandoned after a thousand pages", async (what) => {
    const script = (): Script => (got, response, count) =>
      void response
        .writeHead(200, { link: `<${got.url.split("?")[0]}?n=1&last=${count}>; rel="next"` })
        .end('{"tags":["v1"],"manifests":[]}');
    await besieged({ script }, async ({ source, got, endpoint }) => {
      const tags = async (): Promise<void> => {
        for await (const tag of listTags(createRepositoryClient(endpoint), signal)) expect(tag).toBe("v1");
      };
      const attempt = what === "tags" ? tags() : source.listReferrers(blob.digest, signal);
      expect(await failureOf(attempt)).toMatchObject({ category: "permanent" });
      // A listing of a thousand pages, and the requests for the referrers tag.
      expect(got.length).toBeLessThanOrEqual(1_004);
    });
  });
});

describe("T09: a name that resolves to this machine or to the link", () => {
  it.each(["127.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254", "0.0.0.0", "::ffff:127.0.0.1"])(
    "(%s) is not contacted, although the name is allowed",
    async (address) => {
      const resolve = ((_name: string, _options: unknown, callback: (...args: unknown[]) => void) =>
        callback(null, [{ address, family: address.includes(":") ? 6 : 4 }])) as typeof lookup;
      const script =
        (canary: Canary): Script =>
        (_got, response) =>
          void response.writeHead(307, { location: `http://layers.example:${canary.port}/x` }).end();
      const allowedHosts = (canary: Canary): string[] => [`layers.example:${canary.port}`];
      await besieged({ script, allowedHosts, connections: { resolve } }, async ({ source, canary }) => {
        expect(await failureOf(source.openBlob(blob, signal))).toMatchObject({ category: "permanent" });
        expect(canary.requests).toEqual([]);
      });
    },
  );
});

describe("T12: a host that resembles one of ours", () => {
  const origin = new URL("https://eu.gcr.io");
  const guard = createHostGuard({
    origin,
    allowedHosts: ["bucket.s3.eu-west-1.amazonaws.com", "*.s3.us-east-1.amazonaws.com"],
  });

  it.each([
    "https://eu.gcr.io.evil.test/",
    "https://evil.test/eu.gcr.io",
    "https://eu.gcr.io@evil.test/",
    "https://eu.gcr.io./",
    "https://eu.gcr.io:8443/",
    "http://eu.gcr.io/",
    "https://bucket.s3.eu-west-1.amazonaws.com.evil.test/",
    "https://evil-bucket.s3.eu-west-1.amazonaws.com/",
    "https://a.b.s3.us-east-1.amazonaws.com/",
    "https://s3.us-east-1.amazonaws.com/",
    "https://eu.g\u0441r.io/",
    "https://eu.gcr.io%2eevil.test/".replace("%2e", "\u3002"),
  ])("%s is refused", (url) => {
    expect(() => guard(new URL(url))).toThrow(/refused to contact/);
  });

  it("is recognized after parsing: upper case is the same host", () => {
    expect(() => guard(new URL("https://EU.GCR.IO/v2/"))).not.toThrow();
    expect(() => guard(new URL("https://x.s3.us-east-1.amazonaws.com/"))).not.toThrow();
  });

  function isAllowed(url: URL): boolean {
    try {
      guard(url);
      return true;
    } catch {
      return false;
    }
  }

  it("is refused in every URL, unless it is exactly one of ours (property)", () => {
    const ours = new Set(["eu.gcr.io", "bucket.s3.eu-west-1.amazonaws.com"]);
    fc.assert(
      fc.property(
        fc.webUrl({ withFragments: true, withQueryParameters: true, validSchemes: ["https", "http"] }),
        (text) => {
          const url = new URL(text);
          const isOurs =
            url.protocol === "https:" &&
            (ours.has(url.host) || /^[a-z0-9-]+\.s3\.us-east-1\.amazonaws\.com$/.test(url.host));
          return isOurs === isAllowed(url);
        },
      ),
      { seed: 20_261_121, numRuns: 2_000 },
    );
  });

  it.each(["evil.test/..", "a b", "host:99999", "[::1", "http://host", "h\r\nost", "host:", "-a.test"])(
    "%j is no registry host",
    (text) => {
      expect(isRegistryHost(text)).toBe(false);
      expect(() => parseReference(`${text}/repository:v1`)).toThrow();
    },
  );
});
