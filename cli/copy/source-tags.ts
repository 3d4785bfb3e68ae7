import type { ManifestWanted } from "../../src/oci/image-source.ts";
import { successors } from "../../src/oci/manifest.ts";
import { manifestKind } from "../../src/oci/media-type.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Repository } from "../../src/oci/reference.ts";
import { readTags } from "../../src/registry/listings/list-tags.ts";
import type { ListedTags } from "../../src/registry/listings/list-tags.ts";
import type { Repositories } from "../registry-access/repositories.ts";
import type { ImagePair } from "./expand-tags.ts";
import { alreadyListed, createKnownTags, UNLISTED } from "../../src/inspection/content/known-tags.ts";
import type { KnownTags } from "../../src/inspection/content/known-tags.ts";

/** What the images of a run know of the tags of their sources. */
export interface SourceTags {
  /** The tags of an image's repository, where it is worth listing them. */
  knownFor(pair: ImagePair, root: ManifestWanted): KnownTags;
}

/** From this many manifests on, a listing costs less than asking for three cosign tags and a referrers tag of each. */
const WORTH_LISTING = 3;
/** With more tags, a listing costs more than it saves; most registries list as many in one page. */
const WORTHWHILE_TAGS = 1_000;

export function createSourceTags(repositories: Pick<Repositories, "client">): SourceTags {
  const known = new Map<string, KnownTags>();

  function tagsOf({ registry, name }: Repository): KnownTags {
    const key = formatReference({ registry, name });
    const list = async (signal: AbortSignal): Promise<ListedTags> =>
      readTags(await repositories.client("source", { registry, name }), signal, WORTHWHILE_TAGS);
    const found = known.get(key) ?? createKnownTags(list);
    known.set(key, found);
    return found;
  }

  return {
    knownFor({ source, sourceTags }, root) {
      if (sourceTags !== undefined) return alreadyListed(sourceTags);
      return manifestsOf(root) < WORTH_LISTING ? UNLISTED : tagsOf(source);
    },
  };
}

/** How many manifests an image has, as far as its root tells. */
function manifestsOf({ bytes, mediaType = "" }: ManifestWanted): number {
  if (bytes === undefined || manifestKind(mediaType) !== "index") return 1;
  return 1 + successors(bytes, mediaType).manifests.length;
}
