import { describe, expect, it } from "vitest";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { FailureCategory } from "../../../src/oci/errors/registry-error.ts";
import type { Clock } from "../../../src/async/clock.ts";
import { publish, UncertainPutError } from "../../../src/replication/copy/publish-tag.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import type { Manifest } from "../../../src/oci/manifest.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { systemClock } from "../../../src/async/system-clock.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import { createMemoryRepository } from "../../fakes/memory-repository.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";

const never = new AbortController().signal;
const v1 = parseTag("v1");
const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

function failure(category: FailureCategory, status?: number): RegistryError {
  return new RegistryError({ side: "target", operation: "put-manifest", subject: "v1", category, status }, "no");
}

/** A target that has everything under the manifest, and fails the put of the tag so. */
function failing(
  error: Error,
  takesEffect: boolean,
): { target: MemoryRepository; published: Parameters<typeof publish>[1] } {
  const target = createMemoryRepository("target");
  const digest = addImage(target, ["one"]);
  const manifest = target.manifests.get(digest);
  if (manifest === undefined) throw new Error("the image was added");
  target.before = ({ operation }) => {
    if (operation !== "put-manifest") return;
    if (takesEffect) target.tags.set(v1, digest);
    throw error;
  };
  return { target, published: { manifest, reference: v1 } };
}

/** A target that has everything under the manifest, and answers the put of the tag with this digest. */
function answering(digestOf: (manifest: Manifest) => Digest | undefined) {
  const memory = createMemoryRepository("target");
  const manifest = memory.manifests.get(addImage(memory, ["one"]));
  if (manifest === undefined) throw new Error("the image was added");
  const resolved: string[] = [];
  const target: Parameters<typeof publish>[0] = {
    async putManifest(...put) {
      await memory.putManifest(...put);
      return digestOf(manifest);
    },
    resolve(reference, signal) {
      resolved.push(reference);
      return memory.resolve(reference, signal);
    },
  };
  return { target, published: { manifest, reference: v1 }, resolved };
}

describe("publishing a tag", () => {
  it("is done when the registry responds with the digest that it stored", async () => {
    const { target, published, resolved } = answering(({ digest }) => digest);
    await publish(target, published, hurried, never);
    expect(resolved).toEqual([]);
  });

  it("reads the tag back when the response does not name the stored digest", async () => {
    const { target, published, resolved } = answering(() => undefined);
    await publish(target, published, hurried, never);
    expect(resolved).toEqual([v1]);
  });

  it.each([
    ["no response", failure("deferred")],
    ["500", failure("deferred", 500)],
    ["504", failure("transient", 504)],
  ])("is done when the put gets %s and the tag can be read back", async (_what, error) => {
    const { target, published } = failing(error, true);
    await expect(publish(target, published, hurried, never)).resolves.toBeUndefined();
  });

  it("is uncertain when the put got no response and the tag cannot be read back", async () => {
    const error = failure("deferred");
    const { target, published } = failing(error, false);
    await expect(publish(target, published, hurried, never)).rejects.toMatchObject({ cause: error });
    await expect(publish(target, published, hurried, never)).rejects.toBeInstanceOf(UncertainPutError);
  });

  it.each([
    ["refused", failure("permanent", 403)],
    ["throttled", failure("deferred", 429)],
    ["rejected by a busy registry", failure("deferred", 503)],
  ])("certainly has no effect when the put is %s", async (_what, error) => {
    const { target, published } = failing(error, false);
    await expect(publish(target, published, hurried, never)).rejects.toBe(error);
  });

  it("lets the lease expire when it is uncertain, so that no newer put meets a late one", async () => {
    const clock = createVirtualClock();
    const fixture = replicateFixture({ clock, leaseMs: 45_000 });
    addImage(fixture.source, ["one"], "v1");
    fixture.target.before = ({ operation, reference }) => {
      if (operation === "put-manifest" && reference === "v1") throw failure("deferred");
    };
    const report = await clock.during(replicateTag(copyRequest("v1"), fixture, never));
    expect(report).toMatchObject({ outcome: "deferred", reason: "uncertain" });
    expect(report).toHaveProperty(
      "afterMs",
      expect.toSatisfy((ms: number) => ms >= 45_000),
    );
    fixture.target.before = () => undefined;
    const newer = await clock.during(replicateTag(copyRequest("v1", 5), anotherDelivery(fixture), never));
    expect(newer).toMatchObject({ outcome: "deferred", reason: "busy" });
    await clock.pass(46_000);
    const again = anotherDelivery(fixture, { message: fixture.message });
    const last = await clock.during(replicateTag(copyRequest("v1"), again, never));
    expect(last).toMatchObject({ outcome: "replicated" });
  });
});
