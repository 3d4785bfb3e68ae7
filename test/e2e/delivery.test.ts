import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { createTagListing } from "../../src/registry/tags-with-digests.ts";
import { startFaultProxy } from "../fixtures/servers/fault-proxy.ts";
import type { Passing } from "../fixtures/servers/fault-proxy.ts";
import { seeded } from "../fixtures/seeded.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { testEndpoint } from "../fixtures/registry-client.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
/** Tags pushed while requests fail. */
const TAGS = 150;
/** Longer than the age up to which the local stack leaves a push to its event, in milliseconds. */
const YOUNG_MS = 3_500;
const never = AbortSignal.timeout(600_000);

/** Pushes images with one shared and one own layer under `v0`, `v1`, ... @returns the digest of each tag. */
async function pushTags({ source }: Pick<Stack, "source">, count: number): Promise<Map<string, Digest>> {
  const base = layer("base", 200_000);
  const pushed = new Map<string, Digest>();
  const indexes = Array.from({ length: count }, (_, index) => index);
  const pushNext = async (index: number): Promise<void> => {
    const image = imageOf([base, layer(`own-${index}`, 5_000)], AMD64);
    await push(source, image, { repository: "team/app", tag: `v${index}` }, never);
    pushed.set(`v${index}`, image.root.descriptor.digest);
  };
  await concurrently(indexes, 8, pushNext, never);
  return pushed;
}

/** The tags that a registry lists now. */
async function tagsAt(host: string, repository: string): Promise<Map<string, Digest>> {
  await using connections = createConnections();
  const tags = new Map<string, Digest>();
  for await (const { tag, digest } of createTagListing(testEndpoint({ host, repository }, connections))(never)) {
    if (tag !== undefined) tags.set(tag, digest);
  }
  return tags;
}

/** A plain registry to replicate to. */
async function startTarget() {
  const folder = await temporaryFolder();
  const files = await openRegistryFiles(folder.path);
  const server = await startRegistry({ directory: folder.path, files, profile: specificationProfile });
  return {
    host: server.host,
    async [Symbol.asyncDispose]() {
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Fails a request: it is not forwarded, or its answer is lost, or it is refused. Not with 429, which is an order to slow down. */
async function failRequest({ request, response, random, forward }: Passing): Promise<void> {
  const way = Math.floor(random() * 5);
  if (way === 0) return void request.socket.destroy();
  if (way === 1) {
    const { body } = await forward();
    await body.dump();
    return void request.socket.destroy();
  }
  request.resume();
  response.writeHead([500, 502, 503][way - 2] ?? 500).end();
}

describe("tags pushed at once while a tenth of all requests to the target fail", () => {
  it("all arrive, equal at both ends and without a dead letter", async () => {
    await using registry = await startTarget();
    const random = seeded(7);
    const spoil = {
      hits: () => random() < 0.1,
      times: Infinity,
      act: failRequest,
    };
    await using proxy = await startFaultProxy(registry.host, spoil, random);
    await using stack = await startStack({
      concurrency: 4,
      timeoutSeconds: 120,
      leaseSeconds: 10,
      target: { registry: proxy.host, prefix: "mirror" },
    });
    const pushed = await pushTags(stack, TAGS);
    await eventually(
      "every tag",
      async () => ((await tagsAt(registry.host, "mirror/team/app")).size === TAGS ? true : undefined),
      300_000,
    );
    await eventually("idle queues", () => (stack.depth("live").inFlight === 0 ? true : undefined));
    expect(await tagsAt(registry.host, "mirror/team/app")).toEqual(pushed);
    expect(stack.depth("dead-letters")).toEqual({ visible: 0, inFlight: 0 });
  });
});

describe("pushes whose events are lost", () => {
  it("P31: are found by the comparison of both sides, requested and counted", async () => {
    const lost = new Set<string>();
    const random = seeded(3);
    const logs: string[] = [];
    await using registry = await startTarget();
    await using stack = await startStack({
      concurrency: 4,
      timeoutSeconds: 60,
      reconcileAfterMs: 3_600_000,
      target: { registry: registry.host, prefix: "mirror" },
      delivery(event) {
        // Pushes without a tag do not count here.
        if (!event.detail["image-tag"] || random() < 0.5) return "once";
        lost.add(event.detail["image-tag"]);
        return "never";
      },
      onLog: (_name, line) => void logs.push(line),
    });
    const pushed = await pushTags(stack, 20);
    expect(lost.size).toBeGreaterThan(3);
    const arrived = async (): Promise<number> => (await tagsAt(registry.host, "mirror/team/app")).size;
    await eventually("the tags whose events were delivered", async () =>
      (await arrived()) === 20 - lost.size ? true : undefined,
    );
    // The comparison leaves younger pushes to their events. A busy machine only makes them older.
    await sleep(YOUNG_MS);
    expect(await stack.reconcile()).toMatchObject({
      kind: "returned",
      value: { outcome: "finished", asked: lost.size, missed: lost.size },
    });
    await eventually("all tags", async () => ((await arrived()) === 20 ? true : undefined));
    expect(await tagsAt(registry.host, "mirror/team/app")).toEqual(pushed);
    const metrics = logs.filter((line) => line.includes('"EventsMissed"')).map((line) => JSON.parse(line));
    expect(metrics.reduce((sum, { EventsMissed }) => sum + EventsMissed, 0)).toBe(lost.size);
  }, 600_000);
});
