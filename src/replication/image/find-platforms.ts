import { readJson } from "../../oci/json/bounded-json.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ManifestWanted } from "../../oci/image-source.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { Platform, platformRank } from "../../oci/platform.ts";
import { createManifestBudget, IMAGE_LIMITS } from "./manifest-budget.ts";
import { MissingContentError } from "./image-tree.ts";

/** What an index names, at any depth, except for other indexes. */
export interface FoundImage {
  readonly root: ManifestWanted;
  /** Undefined when neither its index nor its config names one. */
  readonly platform: Platform | undefined;
  /** The image whose attestation it is. */
  readonly describes: Digest | undefined;
}

export interface FoundImages {
  readonly images: readonly FoundImage[];
  /** Every index that was read, the root included. */
  readonly indexes: ReadonlyMap<Digest, Manifest>;
}

type Reads = Pick<ImageSource, "fetchManifest" | "openBlob">;

/** Nesting of indexes. */
const MAX_DEPTH = 4;
/** Configs that are read because the index does not name a platform. */
const MAX_CONFIGS = 32;
/** Bigger configs are not read: real ones have kilobytes. */
const CONFIG_MAX_BYTES: number = 8 * 1024 * 1024;

/**
 * Finds the images of an index and their platforms. An image without an index is its own only one.
 * @throws {MissingContentError} when the root is missing. @throws {FormatError} @throws {RegistryError}
 */
export async function findPlatforms(root: ManifestWanted, source: Reads, signal: AbortSignal): Promise<FoundImages> {
  const images: FoundImage[] = [];
  const indexes = new Map<Digest, Manifest>();
  const budget = createManifestBudget(IMAGE_LIMITS);
  let configs = 0;
  async function visit(image: ManifestWanted, describes: Digest | undefined, depth: number): Promise<void> {
    if (indexes.has(image.digest)) return;
    budget.beforeRead(image.digest, image.size, depth);
    const manifest = await source.fetchManifest(image, signal);
    // The source lacks a child of a sparse index.
    if (manifest === undefined && depth > 0) return;
    if (manifest === undefined) throw new MissingContentError([image.digest]);
    const { kind, manifests } = successors(manifest.bytes, manifest.mediaType);
    if (kind !== "index") {
      const platform = configs++ < MAX_CONFIGS ? await platformOf(manifest, source, signal) : undefined;
      images.push({ root: image, platform, describes });
      return;
    }
    indexes.set(manifest.digest, manifest);
    for (const child of manifests) {
      const about = child.annotations?.["vnd.docker.reference.digest"];
      if (child.platform !== undefined || depth === MAX_DEPTH) {
        images.push({ root: child, platform: named(child.platform), describes: about });
      } else await visit(child, about, depth + 1);
    }
  }
  await visit(root, undefined, 0);
  return { images, indexes };
}

/** The images that serve a platform best, as containerd sees it (see {@link platformRank}), in the order of the index. */
export function bestMatches(images: readonly FoundImage[], wanted: Platform): FoundImage[] {
  const ranked = images.flatMap((image) => {
    const rank = image.platform === undefined ? undefined : platformRank(image.platform, wanted);
    return rank === undefined ? [] : [{ image, rank }];
  });
  const best = Math.min(...ranked.map(({ rank }) => rank));
  return ranked.filter(({ rank }) => rank === best).map(({ image }) => image);
}

/** The platform in an image's config (image-spec, config.md "Properties"); undefined when it names none. */
export async function platformOf(
  { bytes, mediaType }: Manifest,
  source: Pick<ImageSource, "openBlob">,
  signal: AbortSignal,
): Promise<Platform | undefined> {
  const config = configOf(bytes, mediaType);
  if (config === undefined || config.size > CONFIG_MAX_BYTES) return undefined;
  await using stream = await source.openBlob(config, signal);
  const chunks = await Array.fromAsync(stream);
  return named(Platform.safeParse(readJson(Buffer.concat(chunks))).data);
}

/** BuildKit gives attestations the platform `unknown/unknown`, which is none. */
function named(platform: Platform | undefined): Platform | undefined {
  return platform?.os === "unknown" && platform.architecture === "unknown" ? undefined : platform;
}

/** The config is the first of an image's blobs. */
function configOf(bytes: Uint8Array, mediaType: string): Descriptor | undefined {
  return successors(bytes, mediaType).blobs[0];
}
