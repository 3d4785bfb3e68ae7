import { digestOf } from "../../../src/oci/digest.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { refusal } from "../http/site.ts";
import { addImage } from "../cloud/registry.ts";
import { play } from "../stage.ts";
import type { Seam } from "../stage.ts";

const signal = new AbortController().signal;
const MINUTE_MS = 60_000;

/** A blob, and how it comes: in one piece, as read-ahead gives it. */
function blobOf(bytes: Uint8Array) {
  const descriptor = { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.byteLength };
  const open = (): Promise<AsyncIterable<Uint8Array> & AsyncDisposable> =>
    Promise.resolve({
      async *[Symbol.asyncIterator]() {
        yield await Promise.resolve(bytes);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  return { descriptor, open };
}

/** Blobs on their way to a destination that is slow, or that does not do what it was asked. */
export const UPLOAD_SCENES: readonly Seam[] = [
  {
    name: "a mount that fails is no failure of the blob, and no success either: the blob is sent",
    play: () =>
      play(
        { reply: (_, { url }) => (url.searchParams.has("mount") ? refusal(502, "UNKNOWN") : undefined) },
        async ({ cloud, open, requests, expect }) => {
          const { descriptor, open: read } = blobOf(Buffer.from("layer"));
          const mountFrom = parseRepositoryName("p/web");
          const { kind } = await open("hub").target.pushBlob(descriptor, { open: read, mountFrom }, signal);
          const found = cloud.places.get("hub")?.registry.repository("p/app").blobs.has(descriptor.digest);
          expect(kind === "uploaded" && found === true, `it is ${kind}, and ${found === true ? "there" : "absent"}`);
          expect(requests("hub", "PUT") === 1, `it is sent ${requests("hub", "PUT")} times`);
        },
      ),
  },
  {
    name: "an upload that moves steadily is waited for, however large the pieces its bytes come in",
    play: () =>
      play({ bytesPerMs: () => 128 }, async ({ open, requests, expect }) => {
        const { descriptor, open: read } = blobOf(new Uint8Array(4 * 1024 * 1024));
        await open("gar").target.pushBlob(descriptor, { open: read }, signal);
        expect(requests("gar", "PUT") === 1, `it is sent ${requests("gar", "PUT")} times`);
      }),
  },
  {
    name: "a blob that no delivery has the time for ends as too large, though it is the deadline that breaks it off",
    play: () =>
      play(
        {
          bytesPerMs: (service) => (service === "gar" ? 32 : Infinity),
          // The registry has every byte, and is not done with them when the time is over.
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
