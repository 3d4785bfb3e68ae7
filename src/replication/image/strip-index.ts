import * as z from "zod";
import { algorithmOf, digestOf, isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { parseJson } from "../../oci/json/bounded-json.ts";
import type { Manifest } from "../../oci/manifest.ts";

/** An index that only the target has, and the one of the source that it stands for. */
export interface StrippedIndex {
  readonly manifest: Manifest;
  readonly original: Digest;
}

/** Only the list is read; all other fields stay as they are, in their order. */
const Document = z.record(z.string(), z.unknown());
const Entries = z.array(z.record(z.string(), z.unknown()));

/**
 * An index without the excluded manifests, and without nested indexes that would be empty. The same index and choice give the same bytes
 * everywhere: every copy, and every version of this code, must agree on the digest.
 * @param indexes all indexes below the root, by digest.
 */
export function stripIndex(
  root: Manifest,
  { indexes, excluded }: { readonly indexes: ReadonlyMap<Digest, Manifest>; readonly excluded: ReadonlySet<Digest> },
): { readonly root: Manifest; readonly stripped: ReadonlyMap<Digest, StrippedIndex> } {
  const stripped = new Map<Digest, StrippedIndex>();
  const results = new Map<Digest, Manifest | "empty">();

  function strip(index: Manifest): Manifest | "empty" {
    const known = results.get(index.digest);
    if (known !== undefined) return known;
    const result = stripNew(index);
    results.set(index.digest, result);
    return result;
  }

  function stripNew(index: Manifest): Manifest | "empty" {
    const document = Document.parse(parseJson(index.bytes, "manifest"));
    const entries = Entries.parse(document["manifests"] ?? []);
    const kept = entries.flatMap(stripEntry);
    const isSame = kept.length === entries.length && kept.every((entry, at) => entry === entries[at]);
    if (isSame) return index;
    if (kept.length === 0) return "empty";
    const bytes = new TextEncoder().encode(JSON.stringify({ ...document, manifests: kept }));
    const digest = digestOf(bytes, algorithmOf(index.digest));
    const manifest = { mediaType: index.mediaType, digest, bytes };
    stripped.set(digest, { manifest, original: index.digest });
    return manifest;
  }

  function stripEntry(entry: z.infer<typeof Document>): z.infer<typeof Entries> {
    const { digest } = entry;
    if (typeof digest !== "string" || !isDigest(digest)) return [entry];
    if (excluded.has(digest)) return [];
    const nested = indexes.get(digest);
    const manifest = nested && strip(nested);
    if (manifest === "empty") return [];
    if (manifest === undefined || manifest === nested) return [entry];
    // `data` would hold the bytes of the original (image-spec, descriptor.md).
    const { data: _original, ...fields } = entry;
    return [{ ...fields, digest: manifest.digest, size: manifest.bytes.byteLength }];
  }

  const result = strip(root);
  return { root: result === "empty" ? root : result, stripped };
}
