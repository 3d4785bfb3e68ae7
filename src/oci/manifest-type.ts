import * as z from "zod";
import { readJson } from "./json/bounded-json.ts";
import { manifestKind, MediaType } from "./media-type.ts";
import type { ManifestKind } from "./media-type.ts";
import { lenientOptional, isEmptyValue } from "./json/optional-field.ts";

/** The fields that distinguish the kinds of manifest. */
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

/** The media type of a manifest whose kind only its fields show. */
const PLAIN_TYPE = {
  image: MediaType.ociManifest,
  index: MediaType.ociIndex,
  artifact: MediaType.ociArtifact,
} as const;

/**
 * The media type of a manifest: its own `mediaType` field (REQUIRED in Docker's formats; image-spec, manifest.md and image-index.md),
 * otherwise the declared type that fits its fields. A declared type alone is not trusted: some registries serve all manifests as
 * `application/json`, or with one type.
 * @param said declared types of headers and descriptors, the most trusted first. Bytes that are not a manifest have the first one.
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

/** The kind that the fields of a manifest show; undefined when they fit none, or more than one. */
function kindOf({ schemaVersion, config, layers, manifests, blobs }: Marks): ManifestKind | undefined {
  if (schemaVersion === 1) return "schema1";
  const kinds: ManifestKind[] = [];
  if (!isEmptyValue(config) || Array.isArray(layers)) kinds.push("image");
  if (Array.isArray(manifests)) kinds.push("index");
  if (Array.isArray(blobs)) kinds.push("artifact");
  return kinds.length === 1 ? kinds[0] : undefined;
}
