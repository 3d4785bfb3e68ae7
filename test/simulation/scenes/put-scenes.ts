import { NEVER } from "../../../src/async/abort.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { addImage, addSignature } from "../cloud/registry.ts";
import { refusal } from "../http/site.ts";
import type { Scene } from "./stage.ts";
import { play } from "./stage.ts";

/** Manifests that a destination does not accept. */
export const PUT_SCENES: readonly Scene[] = [
  {
    name: "a signature that could not be added to the referrers tag was not put",
    play: () =>
      play(
        {
          reply: (service, { method, url }) =>
            service === "hub" && method === "PUT" && url.pathname.includes("/manifests/sha256-")
              ? refusal(503, "UNAVAILABLE")
              : undefined,
        },
        async (stage) => {
          const repository = stage.cloud.source.repository("app");
          const signature = addSignature(repository, addImage(repository, ["layer"]));
          const manifest = repository.manifests.get(signature.digest);
          const place = stage.cloud.places.get("hub")?.registry.repository("p/app");
          for (const [digest, bytes] of repository.blobs) place?.blobs.set(digest, bytes);
          if (manifest === undefined) throw new Error("there is no signature");
          const put = stage.open("hub").target.putManifest(manifest, manifest.digest, NEVER);
          const failed = await put.then(
            () => false,
            () => true,
          );
          stage.expect(failed, "the put succeeds");
        },
      ),
  },
  {
    name: "a refusal whose body breaks off is not taken for a permanent one",
    play: () =>
      play({}, async ({ cloud, world, open, expect }) => {
        world.outages.push({ service: "gar", from: 0, until: 3_600_000, kind: "dripping" });
        const repository = cloud.source.repository("app");
        const manifest = repository.manifests.get(addImage(repository, ["layer"]).digest);
        if (manifest === undefined) throw new Error("there is no image");
        const failure: unknown = await open("gar")
          .target.putManifest(manifest, manifest.digest, NEVER)
          .catch((error: unknown) => error);
        expect(failure instanceof RegistryError && failure.category !== "permanent", `it ends with ${String(failure)}`);
      }),
  },
];
