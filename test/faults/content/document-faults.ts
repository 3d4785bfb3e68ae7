import { digestOf } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { addImage, addIndex, addReferrer, descriptorOf } from "../../fixtures/images/memory-image.ts";
import type { ContentFault } from "./content-fault.ts";
import { addOdd, blobDescriptor, bytes, pick, some, uploads } from "./odd-images.ts";

/** Faults of manifests and of the content they point to. */
export const DOCUMENT_FAULTS: readonly ContentFault[] = [
  {
    id: "R08",
    what: "a manifest of an unknown type",
    ends: "failed",
    prepare({ source }, random) {
      addOdd(source, (document) => document, `application/vnd.unknown.${pick(random, 1e6)}+json`);
      return (fixture) => (uploads(fixture).length === 0 ? undefined : "blobs were sent");
    },
  },
  {
    id: "R09",
    what: "a layer of an unknown type",
    ends: "replicated",
    prepare({ source }, random) {
      const layer = blobDescriptor(source, "payload", `application/vnd.unknown.${pick(random, 1e6)}`);
      addOdd(source, (document) => ({ ...document, layers: [layer] }));
    },
  },
  {
    id: "R10",
    what: "nested indexes, up to eight levels",
    ends: "replicated",
    prepare({ source }, random) {
      let digest = addImage(source, some(random, 3));
      const depth = 1 + pick(random, 8);
      for (let level = 0; level < depth; level++)
        digest = addIndex(source, [digest], level === depth - 1 ? "v1" : undefined);
    },
  },
  {
    id: "R10",
    what: "nested indexes, deeper than in any real image",
    ends: "failed",
    prepare({ source }, random) {
      let digest = addImage(source, some(random, 3));
      const depth = 9 + pick(random, 100);
      for (let level = 0; level < depth; level++)
        digest = addIndex(source, [digest], level === depth - 1 ? "v1" : undefined);
      return (fixture) => (uploads(fixture).length === 0 ? undefined : "blobs were sent");
    },
  },
  {
    id: "R11",
    what: "an empty index, an image without layers",
    ends: "replicated",
    prepare({ source }, random) {
      if (random() < 0.5) addIndex(source, [], "v1");
      else addImage(source, [], "v1");
    },
  },
  {
    id: "R12",
    what: "a manifest of schema 1",
    ends: "skipped",
    prepare({ source }, random) {
      const type = random() < 0.5 ? "v1+json" : "v1+prettyjws";
      source.addManifest({ schemaVersion: 1 }, `application/vnd.docker.distribution.manifest.${type}`, "v1");
    },
  },
  {
    id: "R13",
    what: "a foreign layer",
    ends: "replicated",
    prepare({ source, target }, random) {
      const digest = digestOf(bytes(`elsewhere ${random()}`));
      const mediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
      const foreign = { mediaType, digest, size: 9, urls: ["https://elsewhere.invalid/layer"] };
      addOdd(source, (document) => ({ ...document, layers: [foreign] }));
      return () =>
        [...source.calls, ...target.calls].some(({ reference }) => reference === digest)
          ? "it was requested"
          : undefined;
    },
  },
  {
    id: "R14",
    what: "a blob of no bytes",
    ends: "replicated",
    prepare: ({ source }, random) => void addImage(source, ["", ...some(random, 3)], "v1"),
  },
  {
    id: "R15",
    what: "one blob twice in a manifest",
    ends: "replicated",
    prepare({ source }, random) {
      const layers = some(random, 3);
      addImage(source, [...layers, ...layers], "v1");
      return (fixture) => (new Set(uploads(fixture)).size === uploads(fixture).length ? undefined : "sent twice");
    },
  },
  {
    id: "R17",
    what: "a descriptor with a wrong size",
    ends: "failed",
    prepare({ source }, random) {
      const layer = { ...blobDescriptor(source, "some bytes"), size: [0, 9, 11, 2 ** 53 - 1][pick(random, 4)] };
      addOdd(source, (document) => ({ ...document, layers: [layer] }));
    },
  },
  {
    id: "R18",
    what: "an unknown digest algorithm",
    ends: "failed",
    prepare({ source }, random) {
      const digest = ["md5:0", "sha1:00", "blake3:ff", "sha384:00"][pick(random, 4)];
      addOdd(source, (document) => ({ ...document, layers: [{ mediaType: MediaType.ociLayer, digest, size: 1 }] }));
      return (fixture) => (uploads(fixture).length === 0 ? undefined : "blobs were sent");
    },
  },
  {
    id: "R19",
    what: "a malformed digest, a path in a digest",
    ends: "failed",
    prepare({ source }, random) {
      const bad = ["sha256:../../x", "", "sha256", "sha256:ABC", `sha256:${"0".repeat(65)}`, "sha256:%2e%2e%2f"];
      const digest = bad[pick(random, bad.length)];
      addOdd(source, (document) => ({ ...document, layers: [{ mediaType: MediaType.ociLayer, digest, size: 1 }] }));
      return (fixture) => (uploads(fixture).length === 0 ? undefined : "blobs were sent");
    },
  },
  {
    id: "R20",
    what: "data in descriptors, unknown fields",
    ends: "replicated",
    prepare({ source, target }, random) {
      const digest = addOdd(source, (document) => ({
        ...document,
        [`x-${pick(random, 1e6)}`]: { deep: [random(), null, "\u00fc"] },
        layers: [{ ...blobDescriptor(source, "small"), data: Buffer.from("small").toString("base64"), y: random() }],
      }));
      return () => {
        const [own, copy] = [source, target].map(({ manifests }) => manifests.get(digest)?.bytes ?? bytes(""));
        return own !== undefined && copy !== undefined && Buffer.compare(own, copy) === 0 ? undefined : "other bytes";
      };
    },
  },
  {
    id: "R21",
    what: "an absent subject; cyclic referrers",
    ends: "replicated",
    prepare({ source }, random) {
      const root = addImage(source, some(random, 3), "v1");
      const first = addReferrer(source, root, "first");
      addReferrer(source, first, "second");
      source.listReferrers = async (subject) => {
        await Promise.resolve();
        // Each listing names every manifest, the subject included.
        return [...source.manifests.keys()].map((digest) => ({ ...descriptorOf(source, digest), subject }));
      };
      const orphaned = addImage(source, ["deleted later"]);
      addReferrer(source, orphaned, "orphan");
      source.manifests.delete(orphaned);
    },
  },
  {
    id: "R23",
    what: "children of an index are missing at the source",
    ends: "failed",
    prepare({ source }, random) {
      const children = Array.from({ length: 4 }, () => addImage(source, some(random, 2)));
      addIndex(source, children, "v1");
      for (const child of children.slice(pick(random, 4))) source.manifests.delete(child);
    },
  },
];
