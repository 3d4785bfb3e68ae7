import { NEVER } from "../../../src/async/abort.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage } from "../cloud/registry.ts";
import { refusal } from "../http/site.ts";
import { streamOf } from "./small-layer.ts";
import type { Scene } from "./stage.ts";
import { play } from "./stage.ts";

const MINUTE_MS = 60_000;

function blobOf(bytes: Uint8Array) {
  const descriptor = { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.byteLength };
  return { descriptor, open: () => Promise.resolve(streamOf(bytes)) };
}

/** Uploads to a destination that is slow, or that does not do what it was asked to do. */
export const UPLOAD_SCENES: readonly Scene[] = [
  {
    name: "a mount that fails neither fails nor completes the blob: the blob is uploaded",
    play: () =>
      play(
        { reply: (_, { url }) => (url.searchParams.has("mount") ? refusal(502, "UNKNOWN") : undefined) },
        async ({ cloud, open, requests, expect }) => {
          const { descriptor, open: read } = blobOf(Buffer.from("layer"));
          const mountFrom = parseRepositoryName("p/web");
          const { kind } = await open("hub").target.pushBlob(descriptor, { open: read, mountFrom }, NEVER);
          const found = cloud.places.get("hub")?.registry.repository("p/app").blobs.has(descriptor.digest);
          expect(kind === "uploaded" && found === true, `it is ${kind}, and ${found === true ? "present" : "absent"}`);
          expect(requests("hub", "PUT") === 1, `it is sent ${requests("hub", "PUT")} times`);
        },
      ),
  },
  {
    name: "an upload that makes steady progress is not aborted, however large its chunks are",
    play: () =>
      play({ bytesPerMs: () => 128 }, async ({ open, requests, expect }) => {
        const { descriptor, open: read } = blobOf(new Uint8Array(4 * 1024 * 1024));
        await open("gar").target.pushBlob(descriptor, { open: read }, NEVER);
        expect(requests("gar", "PUT") === 1, `it is sent ${requests("gar", "PUT")} times`);
      }),
  },
  {
    name: "content that the target has lost is sent by one of two copies that notice it, while the other waits",
    play: () =>
      play(
        { bytesPerMs: (service) => (service === "gar" ? 200 : Infinity) },
        async ({ cloud, world, process, requests, expect }) => {
          const source = cloud.source.repository("app");
          const deliver = createFanOutFunction(cloud);
          const big = `layer ${"x".repeat(1_200_000)}`;
          const push = (tag: string): void => {
            const { digest } = addImage(source, [big, `own ${tag}`]);
            source.tags.set(tag, digest);
            deliver({ id: `e-${tag}`, repository: "app", tag, digest, at: world.time.now() });
          };
          startCopyFunction(cloud);
          push("v1");
          await process.sleep(MINUTE_MS);
          for (const { registry } of cloud.places.values()) registry.repository("p/r/app").blobs.clear();
          const before = requests("gar", "PUT");
          push("v2");
          // Its manifest is denied while the other copy sends the layer again.
          await process.sleep(1_500);
          push("v3");
          await process.sleep(5 * MINUTE_MS);
          const found = cloud.places.get("gar")?.registry.repository("p/r/app").tags.size;
          expect(found === 3, `${found} of 3 tags are there`);
          expect(requests("gar", "PUT") > before, "nothing is sent");
          expect(world.violations.length === 0, world.violations.join());
        },
      ),
  },
  {
    name: "a blob that no delivery has time for ends as too large, although the deadline aborts its upload",
    play: () =>
      play(
        {
          bytesPerMs: (service) => (service === "gar" ? 32 : Infinity),
          // The registry has received every byte, and is still processing them at the deadline.
          tookMs: (_, { method, headers }) =>
            method === "PUT" && Number(headers["content-length"]) > 1_000_000 ? 55_000 : 0,
        },
        async ({ cloud, world, process, expect }) => {
          const repository = cloud.source.repository("app");
          repository.tags.set("v1", addImage(repository, ["layer x".padEnd(2_000_000, "x"), "layer y"]).digest);
          const pushedAt = world.time.now();
          const request = { version: 1, id: "e", destination: "gar", repository: "app", reference: "v1", pushedAt };
          cloud.places.get("gar")?.queue.send(JSON.stringify(request), "live");
          startCopyFunction(cloud);
          await process.sleep(50 * MINUTE_MS);
          expect(cloud.dead.join() === "too-large", `it ends as ${cloud.dead.join() || "nothing"}`);
        },
        2 * MINUTE_MS,
      ),
  },
];
