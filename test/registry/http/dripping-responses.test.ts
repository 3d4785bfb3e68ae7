import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { HttpResponse, HttpRequest } from "../../../src/registry/http/http-message.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { createTagListing } from "../../../src/registry/tags-with-digests.ts";
import { createSharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import { watchUpload } from "../../../src/registry/uploads/upload-watchdog.ts";
import { DEFAULT_TIMEOUTS } from "../../../src/registry/http/transfer-timeouts.ts";
import { answeringConnections } from "../../fixtures/servers/answering-connections.ts";
import { streamBody } from "../../fixtures/servers/stream-body.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";

const never = new AbortController().signal;
const digest = digestOf(Buffer.from("manifest"));
const MINUTE_MS = 60_000;

interface Head {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A registry whose answers to some requests come a byte every five seconds, on a clock that is played. */
function drippingRegistry(answer: (request: HttpRequest) => Head | "no head") {
  const clock = createVirtualClock();
  const requests: HttpRequest[] = [];
  const drip = (body: PassThrough): void => {
    clock.after(5_000, () => {
      if (body.destroyed) return;
      body.write(" ");
      drip(body);
    });
  };
  async function request(asked: HttpRequest): Promise<HttpResponse> {
    requests.push(asked);
    const head = answer(asked);
    // Headers that drip and 1xx without end look the same from here: the head never comes.
    if (head === "no head") return clock.sleep(1e9, asked.signal).then(() => Promise.reject(new Error("too late")));
    const body = new PassThrough();
    drip(body);
    return { statusCode: head.status, headers: head.headers ?? {}, body: streamBody(body) };
  }
  const connections = answeringConnections(request);
  const limits = createSharedLimits({ hedging: false, retryPolicies: { preset: "patient" }, clock });
  const endpoint = { ...testEndpoint({ host: "registry.example", repository: "a/b" }, connections), clock, limits };
  return { clock, endpoint, requests };
}

type Registry = ReturnType<typeof drippingRegistry>;
const resolve = ({ endpoint }: Registry): Promise<unknown> =>
  createRegistrySource(endpoint).resolve(parseTag("v1"), never);
const fetchManifest = ({ endpoint }: Registry): Promise<unknown> =>
  createRegistrySource(endpoint).fetchManifest({ digest }, never);
const listReferrers = ({ endpoint }: Registry): Promise<unknown> =>
  createRegistrySource(endpoint).listReferrers(digest, never);
const openBlob = ({ endpoint }: Registry): Promise<unknown> =>
  createRegistrySource(endpoint).openBlob({ digest, size: 9, mediaType: "x" }, never);
async function listTags({ endpoint }: Registry): Promise<void> {
  for await (const _ of createTagListing(endpoint)(never));
}

const challenge = { "www-authenticate": 'Bearer realm="http://registry.example/token"' };
const isToken = ({ path }: HttpRequest): boolean => path.startsWith("/token");
const ok = (): Head => ({ status: 200 });

describe("an answer that drips", () => {
  it.each<[string, (request: HttpRequest) => Head | "no head", (registry: Registry) => Promise<unknown>, string]>([
    ["in its headers, or is announced without end", () => "no head", resolve, "resolve"],
    ["as a manifest", ok, fetchManifest, "fetch-manifest"],
    ["as a page of referrers", ok, listReferrers, "list-referrers"],
    ["as a page of tags", ok, listTags, "list-tags"],
    ["as a token", (got) => (isToken(got) ? ok() : { status: 401, headers: challenge }), resolve, "get-token"],
    ["in a redirect", ({ path }) => ({ status: 307, headers: { location: path } }), openBlob, "open-blob"],
    ["in an error", () => ({ status: 500 }), fetchManifest, "fetch-manifest"],
  ])("%s ends within about a minute, as a failure that says where", async (_where, answer, call, operation) => {
    const registry = drippingRegistry(answer);
    const started = registry.clock.now();
    const failed = call(registry);
    await expect(registry.clock.during(failed)).rejects.toMatchObject({ side: "source", operation });
    expect(registry.clock.now() - started).toBeLessThanOrEqual(MINUTE_MS);
  });

  it("whose body never comes is retried: the body may give a reason that the status does not", async () => {
    const registry = drippingRegistry(() => ({ status: 403 }));
    await expect(registry.clock.during(fetchManifest(registry))).rejects.toMatchObject({
      status: 403,
      category: "deferred",
    });
  });
});

describe("an upload", () => {
  it("to a target that takes bytes steadily is not aborted, however large the chunks of the source are", async () => {
    const clock = createVirtualClock();
    const piece = Buffer.alloc(4 * 1024 * 1024);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 12; count++) yield await Promise.resolve(piece);
    }
    const upload = watchUpload(pieces(), { clock, timeouts: DEFAULT_TIMEOUTS }, never);
    // 1.3 MB in 10 s: a piece of 4 MiB takes half a minute.
    const taking = (async () => {
      let taken = 0;
      for await (const chunk of upload.body) {
        taken += chunk.byteLength;
        await clock.sleep(chunk.byteLength / 130, never);
        if (upload.signal.aborted) break;
      }
      return taken;
    })();
    expect(await clock.during(taking)).toBe(12 * piece.byteLength);
    expect(upload.signal.aborted).toBe(false);
    upload.end();
  });

  it("to a target that takes no byte for too long is aborted", async () => {
    const clock = createVirtualClock();
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.alloc(4 * 1024 * 1024));
    }
    const upload = watchUpload(pieces(), { clock, timeouts: DEFAULT_TIMEOUTS }, never);
    await upload.body[Symbol.asyncIterator]().next();
    await clock.pass(DEFAULT_TIMEOUTS.unreadMs);
    expect(upload.signal.reason).toMatchObject({ message: "the target took no byte for 15 s" });
  });
});
