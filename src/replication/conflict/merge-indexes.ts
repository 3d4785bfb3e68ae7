import * as z from "zod";
import { digestOf } from "../../oci/digest.ts";
import { parseJson } from "../../oci/json/bounded-json.ts";
import { lenientOptional } from "../../oci/json/optional-field.ts";
import { MANIFEST_MAX_BYTES } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestKind, MediaType } from "../../oci/media-type.ts";
import { Platform, platformRank } from "../../oci/platform.ts";

/** Marks what the source has contributed to a merged index, so that a later merge replaces it and keeps the rest. */
const ORIGIN = { key: "freightliner.origin", source: "source" } as const;
/** Which child an attestation of BuildKit is about (BuildKit, docs/attestations/attestation-storage.md). */
const ATTESTED = "vnd.docker.reference.digest";

const Annotations = lenientOptional(z.record(z.string(), z.string()));
/** An entry of an index. Fields that are not named here stay as they are. */
const Entry = z.looseObject({
  digest: z.string(),
  artifactType: lenientOptional(z.string()),
  platform: lenientOptional(z.looseObject(Platform.shape)),
  annotations: Annotations,
});
type Entry = z.infer<typeof Entry>;
const Index = z.looseObject({ manifests: z.array(Entry), annotations: Annotations });
type Index = z.infer<typeof Index>;

/** True for an index to which an earlier merge has added the source's platforms. */
export function isMergedIndex(manifest: Manifest): boolean {
  return readIndex(manifest)?.manifests.some(isOfSource) === true;
}

/**
 * One index of both sides: all of the source's, and what the other has for other platforms. A merged index gets the same again from the
 * same source, so that merging ends. @param excluded platforms of the source that are not copied: the other side keeps its own. @returns one of the two if it has everything; undefined if one of them is no index, or the result too large.
 */
export function mergeIndexes(
  source: Manifest,
  other: Manifest,
  excluded: ReadonlySet<string> = new Set(),
): Manifest | undefined {
  const [own, theirs] = [readIndex(source), readIndex(other)];
  if (own === undefined || theirs === undefined) return undefined;
  const copied = own.manifests.filter(({ digest }) => !excluded.has(digest));
  const kept = keptBeside(
    copied,
    theirs.manifests.filter((entry) => !isOfSource(entry)),
  );
  if (kept.length === 0) return source;
  const manifests = [...copied.map(marked), ...kept];
  if (haveSameContent(manifests, theirs.manifests)) return other;
  const annotations = { ...theirs.annotations, ...own.annotations };
  const described = Object.keys(annotations).length === 0 ? {} : { annotations };
  const bytes = new TextEncoder().encode(
    JSON.stringify({ ...own, schemaVersion: 2, mediaType: MediaType.ociIndex, manifests, ...described }),
  );
  if (bytes.byteLength > MANIFEST_MAX_BYTES) return undefined;
  return { mediaType: MediaType.ociIndex, digest: digestOf(bytes), bytes };
}

function readIndex({ bytes, mediaType }: Manifest): Index | undefined {
  if (manifestKind(mediaType) !== "index") return undefined;
  return Index.safeParse(parseJson(bytes, "manifest")).data;
}

function isOfSource({ annotations }: Entry): boolean {
  return annotations?.[ORIGIN.key] === ORIGIN.source;
}

function marked(entry: Entry): Entry {
  return { ...entry, annotations: { ...entry.annotations, [ORIGIN.key]: ORIGIN.source } };
}

/** The other side's entries for platforms that the source does not have, with what is attested about them. */
function keptBeside(own: readonly Entry[], theirs: readonly Entry[]): Entry[] {
  const images = theirs.filter((entry) => attestedBy(entry) === undefined);
  const kept = images.filter((entry) => !own.some((mine) => mine.digest === entry.digest || isSamePlace(mine, entry)));
  const digests = new Set(kept.map(({ digest }) => digest));
  return theirs.filter((entry) => digests.has(attestedBy(entry) ?? entry.digest));
}

function attestedBy({ annotations }: Entry): string | undefined {
  return annotations?.[ATTESTED];
}

/** True for two images that a client could not choose between. */
function isSamePlace(one: Entry, other: Entry): boolean {
  if (one.platform === undefined || other.platform === undefined) return false;
  if (attestedBy(one) !== undefined || one.artifactType !== other.artifactType) return false;
  const isEqual = (field: string): boolean =>
    JSON.stringify(one.platform?.[field]) === JSON.stringify(other.platform?.[field]);
  return platformRank(one.platform, other.platform) === 0 && isEqual("os.version") && isEqual("os.features");
}

function haveSameContent(one: readonly Entry[], other: readonly Entry[]): boolean {
  const has = (entries: readonly Entry[], digest: string): boolean => entries.some((entry) => entry.digest === digest);
  return one.every(({ digest }) => has(other, digest)) && other.every(({ digest }) => has(one, digest));
}
