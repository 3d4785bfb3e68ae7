import { configurationOf } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage, addSignature, putManifest } from "../cloud/registry.ts";
import { scheduleReconcile } from "../cloud/scheduled-functions.ts";
import { play } from "./stage.ts";
import type { Scene } from "./stage.ts";

const MINUTE_MS = 60_000;
const END_MS: number = 58 * MINUTE_MS;

/** Signatures at a registry without the referrers API. */
export const ATTACHMENT_SCENES: readonly Scene[] = [
  {
    name: "a signature that was put without its list is listed after a comparison",
    play: () =>
      play(
        {},
        async ({ cloud, world, process, expect }) => {
          const source = cloud.source.repository("app");
          const target = cloud.places.get("hub")?.registry.repository("p/app");
          if (target === undefined) throw new Error("there is no target");
          startCopyFunction(cloud);
          scheduleReconcile(cloud, MINUTE_MS, END_MS);
          const image = addImage(source, ["layer"]);
          source.tags.set("v1", image.digest);
          source.pushedAt.set(image.digest, world.time.now());
          const push = { repository: "app", tag: "v1", digest: image.digest, at: world.time.now() };
          createFanOutFunction(cloud)({ id: "e", ...push });
          await process.sleep(2 * MINUTE_MS);
          expect(target.tags.has("v1"), "the image is not there");

          // What a copy leaves that was killed between its two writes. Its event is lost.
          const signature = addSignature(source, image);
          source.pushedAt.set(signature.digest, world.time.now());
          const manifest = source.manifests.get(signature.digest);
          if (manifest === undefined) throw new Error("there is no signature");
          for (const [digest, bytes] of source.blobs) target.blobs.set(digest, bytes);
          putManifest(target, manifest);
          await process.sleep(50 * MINUTE_MS - world.time.passed());

          const list = target.tags.get(image.digest.replace(":", "-"));
          const index = list === undefined ? undefined : target.manifests.get(list);
          const text = Buffer.from(index?.bytes ?? []).toString();
          expect(text.includes(signature.digest), "no list names the signature");
        },
        undefined,
        configurationOf("hub"),
      ),
  },
];
