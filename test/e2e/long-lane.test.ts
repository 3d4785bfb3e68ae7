import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import { startStack } from "../../local/stack/stack.ts";
import { parseTag } from "../../src/oci/reference.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { startTcpLine } from "../fixtures/servers/tcp-line.ts";
import { eventually } from "../fixtures/eventually.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { push } from "../fixtures/images/push.ts";
import { testSource } from "../fixtures/registry-client.ts";

const never = AbortSignal.timeout(600_000);
/** A copy has ten seconds and reserves five of them for its end; the layer needs three times the rest. */
const TIMEOUT_SECONDS = 10;
const BYTES_PER_SECOND = 2_000_000;
const LAYER_BYTES = 3 * 5 * BYTES_PER_SECOND;

/** A registry behind a line with limited bandwidth. */
async function startSlowTarget(directory: string) {
  const registry = await startRegistry({
    directory,
    files: await openRegistryFiles(directory),
    profile: specificationProfile,
    onEvent: () => undefined,
  });
  let bytes = 0;
  const line = await startTcpLine(registry.host, ({ client, pass }) => {
    const slow = Duplex.from(async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.byteLength;
        await sleep((chunk.byteLength / BYTES_PER_SECOND) * 1_000);
        yield chunk;
      }
    });
    slow.on("error", () => slow.destroy());
    client.pipe(slow);
    const upstream = pass(client);
    client.unpipe(upstream);
    slow.pipe(upstream);
  });
  return {
    host: `127.0.0.1:${line.port}`,
    received: () => bytes,
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      await registry.close();
    },
  };
}

describe("a layer that needs three times the timeout of a function", () => {
  it("arrives by the long lane although its build is killed midway, and costs the function little", async () => {
    await using folder = await temporaryFolder();
    await using slow = await startSlowTarget(folder.path);
    await using connections = createConnections();
    const target = { registry: slow.host, prefix: "far" };
    await using stack = await startStack({ concurrency: 2, timeoutSeconds: TIMEOUT_SECONDS, leaseSeconds: 10, target });
    const image = imageOf([layer("big", LAYER_BYTES)], { os: "linux", architecture: "amd64" });
    await push(stack.source, image, { repository: "app", tag: "v1" }, never);
    await eventually("the hand-over", () => (stack.depth("long").visible === 1 ? true : undefined));
    const tried = slow.received();
    expect(tried).toBeLessThan(0.2 * LAYER_BYTES);

    await stack.probe();
    await eventually("bytes of the build", () => (slow.received() > tried + 1_000_000 ? true : undefined));
    await stack.probe();
    expect(stack.longLane.started()).toBe(1);
    await stack.longLane.kill();
    await eventually("its message again", () => (stack.depth("long").visible === 1 ? true : undefined));
    // Read only now: the last bytes of the killed build arrive after its end.
    const lost = slow.received();
    await stack.probe();
    const arrived = testSource(
      { host: slow.host, repository: "far/app", credentials: { kind: "anonymous" } },
      connections,
    );
    const digest = await eventually("the tag", async () => (await arrived.resolve(parseTag("v1"), never))?.digest);
    expect(digest).toBe(image.root.descriptor.digest);
    expect(slow.received() - lost).toBeLessThan(1.2 * LAYER_BYTES);
    expect(stack.longLane.started()).toBe(2);
    expect(stack.depth("dead-letters")).toEqual({ visible: 0, inFlight: 0 });
  }, 600_000);
});
