import type { ImageSource, ManifestWanted } from "../../src/oci/image-source.ts";
import { formatPlatform } from "../../src/oci/platform.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { formatReference } from "../../src/oci/reference.ts";
import { choosePlatform } from "../../src/replication/image/choose-platform.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import type { CopyOptions } from "./copy-options.ts";
import type { ImagePair } from "./expand-tags.ts";

/**
 * Resolves a reference, and within an index the platform if one is wanted.
 * @throws {NotFoundError} when the source has no such image or platform.
 */
export async function resolveImage(
  options: Pick<ImagePair, "source"> & Pick<CopyOptions, "platform">,
  source: Pick<ImageSource, "readManifest" | "fetchManifest" | "openBlob">,
  signal: AbortSignal,
): Promise<ManifestWanted> {
  const { tag, digest } = options.source;
  const reference = digest ?? tag;
  const found = reference && (await source.readManifest(reference, signal));
  if (found === undefined) {
    throw new NotFoundError(
      `${formatReference(options.source)} does not exist; check the name, the tag and your login`,
    );
  }
  const { platform } = options;
  if (platform === undefined) return found;
  const chosen = await choosePlatform(found, platform, source, signal);
  if (chosen.kind === "none") throw new NotFoundError(noPlatform(options, platform, chosen.has));
  return chosen.root;
}

/** How many platforms of the index an error lists. */
const PLATFORMS_SHOWN = 20;

function noPlatform({ source }: Pick<ImagePair, "source">, wanted: Platform, has: readonly Platform[]): string {
  const known = has.map(formatPlatform);
  const more = known.length > PLATFORMS_SHOWN ? ` and ${known.length - PLATFORMS_SHOWN} more` : "";
  const named = `${known.slice(0, PLATFORMS_SHOWN).join(", ") || "no platforms"}${more}`;
  return `${formatReference(source)} has no ${formatPlatform(wanted)}; it has ${named}`;
}
