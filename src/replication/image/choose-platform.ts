import { readJson } from "../../oci/json/bounded-json.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { ImageSource, ManifestWanted } from "../../oci/image-source.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { Platform, platformRank } from "../../oci/platform.ts";
import { MissingContentError } from "./image-tree.ts";

/** The image of one platform; `none`: the platforms that exist instead. */
export type ChosenPlatform =
  | { readonly kind: "chosen"; readonly root: ManifestWanted }
  | { readonly kind: "none"; readonly has: readonly Platform[] };

/** An image and its platform; undefined when neither its index nor its config names one. */
interface Candidate {
  readonly root: ManifestWanted;
  readonly platform: Platform | undefined;
}

/** Nesting of indexes. */
const MAX_DEPTH = 4;
/** Configs that are read because the index does not name a platform. */
const MAX_CONFIGS = 32;
/** Bigger configs are not read: real ones have kilobytes. */
const CONFIG_MAX_BYTES: number = 8 * 1024 * 1024;

/**
 * Chooses the image for a platform. From an index, it takes the best match as containerd does (see {@link platformRank}), and the
 * first of equal ones. A single image is chosen if its config names that platform.
 * @throws {MissingContentError} @throws {FormatError} @throws {RegistryError}
 */
export async function choosePlatform(
  root: ManifestWanted,
  wanted: Platform,
  source: Pick<ImageSource, "fetchManifest" | "openBlob">,
  signal: AbortSignal,
): Promise<ChosenPlatform> {
  const candidates: Candidate[] = [];
  let configs = 0;
  async function visit(image: ManifestWanted, depth: number): Promise<void> {
    const manifest = await source.fetchManifest(image, signal);
    // The source lacks a child of a sparse index.
    if (manifest === undefined && depth > 0) return;
    if (manifest === undefined) throw new MissingContentError([image.digest]);
    const { kind, manifests } = successors(manifest.bytes, manifest.mediaType);
    if (kind === "index") {
      for (const child of manifests) {
        if (child.platform !== undefined) candidates.push({ root: child, platform: child.platform });
        else if (depth < MAX_DEPTH) await visit(child, depth + 1);
      }
    } else if (configs++ < MAX_CONFIGS) {
      candidates.push({ root: image, platform: await platformOf(manifest, source, signal) });
    }
  }
  await visit(root, 0);
  return best(candidates, wanted);
}

function best(candidates: readonly Candidate[], wanted: Platform): ChosenPlatform {
  const ranked = candidates.flatMap(({ root, platform }) => {
    const rank = platform === undefined ? undefined : platformRank(platform, wanted);
    return rank === undefined ? [] : [{ root, rank }];
  });
  const [first] = ranked.toSorted((a, b) => a.rank - b.rank);
  if (first !== undefined) return { kind: "chosen", root: first.root };
  return { kind: "none", has: candidates.flatMap(({ platform }) => (platform === undefined ? [] : [platform])) };
}

/** The platform in an image's config (image-spec, config.md "Properties"). */
async function platformOf(
  { bytes, mediaType }: Manifest,
  source: Pick<ImageSource, "openBlob">,
  signal: AbortSignal,
): Promise<Platform | undefined> {
  const config = configOf(bytes, mediaType);
  if (config === undefined || config.size > CONFIG_MAX_BYTES) return undefined;
  await using stream = await source.openBlob(config, signal);
  const chunks = await Array.fromAsync(stream);
  return Platform.safeParse(readJson(Buffer.concat(chunks))).data;
}

/** The config is the first of an image's blobs. */
function configOf(bytes: Uint8Array, mediaType: string): Descriptor | undefined {
  return successors(bytes, mediaType).blobs[0];
}
