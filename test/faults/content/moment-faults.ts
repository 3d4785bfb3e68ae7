import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import type { MemoryRepository } from "../../fakes/memory-repository.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { anotherDelivery, copyRequest } from "../../fixtures/replicate-context.ts";
import type { ContentFault } from "./content-fault.ts";
import { pick, some, uploads } from "./odd-images.ts";

/** Acts during one of the first calls; the seed decides which. */
function duringCalls(repository: MemoryRepository, random: () => number, act: () => void): void {
  let left = pick(random, 6);
  repository.before = () => {
    if (left-- === 0) act();
  };
}

const refusal = (status: number, code: string) =>
  new RegistryError(
    { side: "target", operation: "put-manifest", subject: "v1", category: "permanent", status, code },
    `HTTP ${status}`,
  );

/** Changes of a registry while an image is copied. */
export const MOMENT_FAULTS: readonly ContentFault[] = [
  {
    id: "R01",
    what: "the tag moves during its copy",
    ends: "replicated",
    prepare({ source }, random) {
      addImage(source, some(random, 4), "v1");
      duringCalls(source, random, () => addImage(source, some(random, 4), "v1"));
      return ({ target }) => (target.tags.get("v1") === source.tags.get("v1") ? undefined : "an older image");
    },
  },
  {
    id: "R02",
    what: "the image is deleted during its copy",
    ends: "replicated or skipped",
    prepare({ source }, random) {
      addImage(source, some(random, 4), "v1");
      duringCalls(source, random, () => {
        source.tags.clear();
        source.manifests.clear();
        source.blobs.clear();
      });
    },
  },
  {
    id: "R03",
    what: "a blob is missing at the source",
    ends: "failed",
    prepare({ source }, random) {
      addImage(source, some(random, 4), "v1");
      const blobs = [...source.blobs.keys()];
      const gone = blobs[pick(random, blobs.length)];
      if (gone !== undefined) source.blobs.delete(gone);
    },
  },
  {
    id: "R04",
    what: "the tag is immutable at the target, and names another image",
    ends: "failed",
    prepare({ source, target }, random) {
      addImage(source, some(random, 4), "v1");
      const kept = addImage(target, ["older"], "v1");
      target.before = ({ operation, reference }) => {
        if (operation === "put-manifest" && reference === "v1") throw refusal(400, "MANIFEST_INVALID");
      };
      return ({ target: { tags, calls } }) => {
        if (tags.get("v1") !== kept) return "the tag has moved";
        return calls.filter(({ reference, operation }) => reference === "v1" && operation === "put-manifest").length ===
          1
          ? undefined
          : "put more than once";
      };
    },
  },
  {
    id: "R04",
    what: "the tag is immutable at the target, and names this very image",
    ends: "replicated",
    prepare({ source, target }, random) {
      const layers = some(random, 4);
      addImage(source, layers, "v1");
      addImage(target, layers, "v1");
      target.before = ({ operation }) => {
        if (operation === "put-manifest") throw refusal(400, "MANIFEST_INVALID");
      };
    },
  },
  {
    id: "R05",
    what: "the repository does not exist at the target",
    ends: "failed",
    prepare({ source, target }, random) {
      addImage(source, some(random, 4), "v1");
      target.before = ({ operation }) => {
        if (operation === "put-blob") throw refusal(404, "NAME_UNKNOWN");
      };
    },
  },
  {
    id: "R16",
    what: "one blob in two images that are copied concurrently",
    ends: "replicated",
    prepare(fixture, random) {
      const layers = some(random, 4);
      addImage(fixture.source, layers, "v1");
      addImage(fixture.source, [...layers, "one more"], "v2");
      const other = replicateTag(copyRequest("v2"), anotherDelivery(fixture), new AbortController().signal);
      return async () => {
        if ((await other).outcome !== "replicated") return "the other image was not copied";
        return new Set(uploads(fixture)).size === uploads(fixture).length ? undefined : "sent twice";
      };
    },
  },
  {
    id: "R24",
    what: "the target has collected blobs that it reported as present",
    ends: "replicated",
    prepare({ source, target }, random) {
      addImage(source, some(random, 4), "v1");
      let left = 1 + pick(random, 2);
      target.before = ({ operation }) => {
        if (operation === "put-manifest" && left-- > 0) target.blobs.clear();
      };
    },
  },
  {
    id: "R27",
    what: "the target shows a tag only some time after the put",
    ends: "replicated",
    prepare({ source, target }, random) {
      addImage(source, some(random, 4), "v1");
      const resolve = target.resolve.bind(target);
      let stale = 1 + pick(random, 4);
      target.resolve = async (reference, signal) => {
        const found = await resolve(reference, signal);
        return found !== undefined && stale-- > 0 ? undefined : found;
      };
    },
  },
];
