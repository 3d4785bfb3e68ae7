import * as z from "zod";
import { parseJson } from "./json/bounded-json.ts";
import { Descriptor, Subject } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import { FormatError } from "./errors/format-error.ts";
import { quoted } from "./errors/quoted.ts";
import { manifestKind } from "./media-type.ts";
import type { ManifestKind } from "./media-type.ts";
import { lenientOptional, optionalUnlessEmpty } from "./json/optional-field.ts";
import { fieldPath } from "./json/field-path.ts";
import { Schema1Error } from "./errors/schema1-error.ts";

/** Limit of a manifest, in bytes: registries need not accept more (distribution-spec, "Pushing Manifests"). */
export const MANIFEST_MAX_BYTES: number = 4 * 1024 * 1024;

/** A manifest from a registry: its exact bytes, their media type and their digest. */
export interface Manifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** The kinds of manifest that can be copied. */
type SuccessorsKind = Exclude<ManifestKind, "schema1">;

/** The content that a manifest references, in document order, without duplicates. */
export interface Successors {
  readonly kind: SuccessorsKind;
  /** Blobs that must be in the repository first: config, layers, artifact blobs. */
  readonly blobs: readonly Descriptor[];
  /** Manifests that must be in the repository first: the children of an index. */
  readonly manifests: readonly Descriptor[];
  /** The manifest to which this one is attached. It need not exist (image-spec, manifest.md "subject"). */
  readonly subject: Subject | undefined;
  /** The artifact type of this manifest in a list of referrers (distribution-spec, "Listing Referrers"). */
  readonly artifactType: string | undefined;
}

/** A list of descriptors. Programs in Go write an empty one as null, and registries accept that. */
const Descriptors = z
  .array(Descriptor)
  .nullish()
  .transform((list) => list ?? []);

const fields = {
  subject: optionalUnlessEmpty(Subject),
  artifactType: lenientOptional(z.string()),
};
const CONFUSED = {
  image: "must not stand in an image manifest (CVE-2021-41190)",
  index: "must not stand in an index (CVE-2021-41190)",
} as const;
/** image-spec manifest.md, and Docker's schema 2. `manifests` beside `layers` is the confusion of CVE-2021-41190. */
const ImageManifest = z.object({
  ...fields,
  schemaVersion: z.literal(2),
  config: optionalUnlessEmpty(Descriptor),
  layers: Descriptors,
  manifests: z.null(CONFUSED.image).optional(),
});
/** image-spec image-index.md, and Docker's manifest list. */
const ImageIndex = z.object({
  ...fields,
  schemaVersion: z.literal(2),
  manifests: Descriptors,
  layers: z.null(CONFUSED.index).optional(),
  config: optionalUnlessEmpty(z.undefined(CONFUSED.index)),
});
/** The artifact manifest of ORAS and of the image-spec's 1.1 release candidates: withdrawn, but still in registries. */
const ArtifactManifest = z.object({ ...fields, blobs: Descriptors });

/**
 * The content that a manifest references. @param mediaType the result of {@link manifestTypeOf}.
 * @throws {FormatError} naming the field, when the bytes are not JSON, exceed the limits, or do not have the form of `mediaType`, and
 * for an unknown type. @throws {Schema1Error} for Docker's schema 1, which cannot be copied.
 */
export function successors(bytes: Uint8Array, mediaType: string): Successors {
  const kind = manifestKind(mediaType);
  if (kind === undefined) throw new FormatError("mediaType", `${quoted(mediaType)} is not a manifest type we know`);
  if (kind === "schema1") throw new Schema1Error();
  return readSuccessors(kind, parseJson(bytes, "manifest"));
}

function readSuccessors(kind: SuccessorsKind, document: unknown): Successors {
  switch (kind) {
    case "image": {
      const { config, layers, subject, artifactType } = check(ImageManifest, document);
      const type = named(artifactType) ?? named(config?.mediaType);
      if (config === undefined && layers.length === 0) throw new FormatError("config", "is missing, as are all layers");
      const blobs = unique(config === undefined ? layers : [config, ...layers]);
      return { kind, blobs, manifests: [], subject, artifactType: type };
    }
    case "index": {
      const { manifests, subject, artifactType } = check(ImageIndex, document);
      return { kind, blobs: [], manifests: unique(manifests), subject, artifactType: named(artifactType) };
    }
    case "artifact": {
      const { blobs, subject, artifactType } = check(ArtifactManifest, document);
      return { kind, blobs: unique(blobs), manifests: [], subject, artifactType: named(artifactType) };
    }
  }
}

/** An empty artifact type counts as absent (distribution-spec, "Listing Referrers"). */
function named(artifactType: string | undefined): string | undefined {
  return artifactType === "" ? undefined : artifactType;
}

function check<T>(schema: z.ZodType<T>, document: unknown): T {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new FormatError(fieldPath(issue?.path ?? []) || "manifest", issue?.message ?? "is malformed", {
    cause: result.error,
  });
}

/** Removes duplicates. @throws {FormatError} when two descriptors of one digest have different sizes. */
function unique(descriptors: readonly Descriptor[]): Descriptor[] {
  const seen = new Map<Digest, Descriptor>();
  for (const descriptor of descriptors) {
    const first = seen.get(descriptor.digest);
    if (first !== undefined && first.size !== descriptor.size) {
      throw new FormatError("size", `${descriptor.digest} is given as ${first.size} and as ${descriptor.size} bytes`);
    }
    if (first === undefined) seen.set(descriptor.digest, descriptor);
  }
  return [...seen.values()];
}
