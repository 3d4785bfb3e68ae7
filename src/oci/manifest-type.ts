import * as z from "zod";
import { readJson } from "./json/bounded-json.ts";
import { manifestKind, MediaType } from "./media-type.ts";
import type { ManifestKind } from "./media-type.ts";
import { lenientOptional, isEmptyValue } from "./json/optional-field.ts";

/** What tells one manifest from another. */
const Marks = z.object({
  mediaType: lenientOptional(z.string()),
  schemaVersion: lenientOptional(z.number()),
  signatures: z.unknown().optional(),
  config: z.unknown().optional(),
  layers: z.unknown().optional(),
  manifests: z.unknown().optional(),
  blobs: z.unknown().optional(),
});
type Marks = z.infer<typeof Marks>;

/** The type of a manifest that is known by its fields only. */
const PLAIN_TYPE = {
  image: MediaType.ociManifest,
  index: MediaType.ociIndex,
  artifact: MediaType.ociArtifact,
} as const;

/**
 * What manifest bytes are. They say it themselves ("mediaType" is REQUIRED in Docker's formats, and checked against the
 * header by clients of OCI: image-spec, manifest.md and image-index.md); where they do not, their fields and the types they
 * were served or described as do. A header alone is not believed: some registries answer every manifest with
 * `application/json`, or with one type for all.
 * @param said types that others gave, the most trusted first. Bytes that are no manifest are what the first of them says.
 */
export function manifestTypeOf(bytes: Uint8Array, ...said: readonly (string | undefined)[]): string {
  const first = said.find((type) => type !== undefined && type !== "") ?? "";
  const marks = Marks.safeParse(readJson(bytes)).data;
  if (marks === undefined) return first;
  const own = marks.mediaType ?? "";
  if (manifestKind(own) !== undefined) return own;
  const kind = kindOf(marks);
  if (kind === undefined) return said.find((type) => type !== undefined && manifestKind(type) !== undefined) ?? first;
  const fitting = said.find((type) => type !== undefined && manifestKind(type) === kind);
  if (fitting !== undefined) return fitting;
  if (kind !== "schema1") return PLAIN_TYPE[kind];
  return Array.isArray(marks.signatures) ? MediaType.dockerSchema1Signed : MediaType.dockerSchema1;
}

/** What the fields of a manifest say it is; undefined when they are those of none, or of two. */
function kindOf({ schemaVersion, config, layers, manifests, blobs }: Marks): ManifestKind | undefined {
  if (schemaVersion === 1) return "schema1";
  const kinds: ManifestKind[] = [];
  if (!isEmptyValue(config) || Array.isArray(layers)) kinds.push("image");
  if (Array.isArray(manifests)) kinds.push("index");
  if (Array.isArray(blobs)) kinds.push("artifact");
  return kinds.length === 1 ? kinds[0] : undefined;
}
