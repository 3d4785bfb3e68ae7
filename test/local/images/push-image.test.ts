import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { addressOf } from "../../../src/loopback/address.ts";
import { demoImage } from "../../../local/images/demo-image.ts";
import { blobOf, imageOf, indexOf, layer } from "../../../local/images/image-content.ts";
import { PushError, pushImage } from "../../../local/images/push-image.ts";
import { signatureOf, signatureTag } from "../../../local/images/signature.ts";
import { specificationProfile } from "../../../local/registry/profiles/specification.ts";
import type { RegistryEvent } from "../../../local/registry/protocol/registry-event.ts";
import { openRegistryFiles, startRegistry } from "../../../local/registry/registry-server.ts";
import { MediaType } from "../../../src/oci/media-type.ts";

const never = new AbortController().signal;
const AMD64 = { os: "linux", architecture: "amd64" };

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).toReversed()) await close();
});

async function strictRegistry(): Promise<{ registry: string; events: RegistryEvent[] }> {
  const directory = await mkdtemp(join(tmpdir(), "freightliner-push-"));
  closes.push(() => rm(directory, { recursive: true, force: true }));
  const events: RegistryEvent[] = [];
  const running = await startRegistry({
    directory,
    files: await openRegistryFiles(directory),
    profile: specificationProfile,
    onEvent: (event) => events.push(event),
  });
  closes.push(() => running.close());
  return { registry: running.host, events };
}

type Script = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

async function scripted(script: Script): Promise<string> {
  const server: Server = createServer((request, response) => void script(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  closes.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return addressOf(server);
}

async function drained(request: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of request) bytes += (chunk as Buffer).byteLength;
  return bytes;
}

describe("a push into a strict registry", () => {
  it("sends the whole demo image: every blob, every manifest, the tag last", async () => {
    const { registry, events } = await strictRegistry();
    const image = demoImage("1");
    await pushImage(image, { registry, repository: "demo/app", tag: "v1" }, never);
    const stored = events.filter((event) => event.kind === "manifest-stored");
    expect(stored).toHaveLength(5);
    expect(stored.at(-1)).toMatchObject({ tag: "v1", digest: image.root.descriptor.digest });
    expect(stored.slice(0, -1).every(({ tag }) => tag === undefined)).toBe(true);
    expect(events.filter((event) => event.kind === "blob-stored")).toHaveLength(10);
  });

  it("sends a blob only once when the registry has it already, or an image has it twice", async () => {
    const { registry, events } = await strictRegistry();
    const twice = imageOf([layer("a", 10), layer("a", 10)], AMD64);
    await pushImage(twice, { registry, repository: "app", tag: "one" }, never);
    await pushImage(twice, { registry, repository: "app", tag: "two" }, never);
    expect(events.filter((event) => event.kind === "blob-stored")).toHaveLength(2);
  });

  it("accepts Docker images, nested indexes, empty ones, empty blobs, sha512 and signatures under a tag", async () => {
    const { registry, events } = await strictRegistry();
    const docker = indexOf([imageOf([layer("a", 10)], AMD64, "docker")], "docker");
    const nested = indexOf([indexOf([imageOf([layer("a", 10)], AMD64)]), indexOf([])]);
    const zero = imageOf([blobOf(new Uint8Array(), MediaType.ociLayer)], AMD64);
    const sha512 = imageOf([blobOf(Buffer.from("x"), MediaType.ociLayer, "sha512")], AMD64, "oci", "sha512");
    const subject = nested.root.descriptor.digest;
    const place = { registry, repository: "zoo" };
    for (const [tag, image] of Object.entries({ docker, nested, zero, [signatureTag(subject)]: signatureOf(subject) }))
      await pushImage(image, { ...place, tag }, never);
    await pushImage(sha512, place, never);
    const tags = events.flatMap((event) => (event.kind === "manifest-stored" && event.tag ? [event.tag] : []));
    expect(tags).toEqual(["docker", "nested", "zero", signatureTag(subject)]);
    expect(events.at(-1)).not.toMatchObject({ kind: "request", status: 400 });
    const digests = events.flatMap((event) => (event.kind === "manifest-stored" ? [event.digest] : []));
    expect(digests).toContain(sha512.root.descriptor.digest);
  });
});

describe("a push into an unusual registry", () => {
  const image = imageOf([layer("a", 2_000_000)], AMD64);
  const place = { repository: "app", tag: "v1", authorization: "Basic c2VjcmV0" };

  /** Accepts every push; `location` makes the session's Location. */
  function accepting(requests: string[], location: (request: IncomingMessage) => string): Script {
    return async (request, response) => {
      const bytes = await drained(request);
      requests.push(`${request.method} ${request.url} ${bytes} ${request.headers.authorization}`);
      const status = { HEAD: 404, POST: 202, PUT: 201 }[request.method ?? ""] ?? 500;
      response.writeHead(status, request.method === "POST" ? { location: location(request) } : {}).end();
    };
  }

  it.each([
    ["relative", () => "/uploads/7?_state=a%3D"],
    ["absolute", (request: IncomingMessage) => `http://${request.headers.host}/uploads/7?_state=a%3D`],
  ])("follows a %s Location, keeps its query and adds the digest", async (_, location) => {
    const requests: string[] = [];
    const registry = await scripted(accepting(requests, location));
    await pushImage(image, { ...place, registry }, never);
    const { digest, size } = image.blobs[1]!.descriptor;
    const query = `_state=a%3D&digest=${encodeURIComponent(digest)}`;
    expect(requests).toContain(`PUT /uploads/7?${query} ${size} Basic c2VjcmV0`);
    expect(requests.at(-1)).toMatch(/^PUT \/v2\/app\/manifests\/v1 /);
  });

  it("never sends anything to another host that a Location names", async () => {
    let reached = 0;
    const other = await scripted((_, response) => void (reached++, response.end()));
    const registry = await scripted(accepting([], () => `http://${other}/uploads/7`));
    await expect(pushImage(image, { ...place, registry }, never)).rejects.toThrow(
      `${registry}/app sends uploads to http://${other}`,
    );
    expect(reached).toBe(0);
  });

  it("fails with what was refused, the registry and the reason when it is refused", async () => {
    const registry = await scripted(async (request, response) => {
      await drained(request);
      if (request.method === "HEAD") return void response.writeHead(404).end();
      response.writeHead(403).end('{"errors":[{"code":"DENIED",\n"message":"no push for you"}]}');
    });
    const pushed = pushImage(image, { ...place, registry }, never);
    await expect(pushed).rejects.toThrow(PushError);
    await expect(pushed).rejects.toThrow(
      /127\.0\.0\.1:\d+\/app refused an upload of blob sha256:\w+ with HTTP 403: .*no push for you/,
    );
  });

  it("fails with an error that says so when the registry is unreachable", async () => {
    const registry = await scripted(() => undefined);
    await closes.pop()?.();
    await expect(pushImage(image, { ...place, registry }, never)).rejects.toThrow(
      /failed during blob .* is the registry running there\?/,
    );
  });

  it("ends with the caller's reason when the caller gives up", async () => {
    const giveUp = new AbortController();
    const registry = await scripted(() => giveUp.abort(new Error("enough")));
    await expect(pushImage(image, { ...place, registry }, giveUp.signal)).rejects.toThrow("enough");
  });

  it("sends at most four blobs at once", async () => {
    let open = 0;
    let most = 0;
    const registry = await scripted(async (request, response) => {
      most = Math.max(most, ++open);
      await drained(request);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      const status = { HEAD: 404, POST: 202, PUT: 201 }[request.method ?? ""] ?? 500;
      response.writeHead(status, { location: "/uploads/7" }).end();
    });
    const layers = Array.from({ length: 12 }, (_, at) => layer(`${at}`, 300_000));
    await pushImage(imageOf(layers, AMD64), { ...place, registry }, never);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });
});
