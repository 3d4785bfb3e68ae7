import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { ImageSource } from "../../src/oci/image-source.ts";
import { successors } from "../../src/oci/manifest.ts";
import { manifestKind } from "../../src/oci/media-type.ts";
import { formatPlatform, matchesPlatform } from "../../src/oci/platform.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { formatReference } from "../../src/oci/reference.ts";
import { NotFoundError } from "../not-found-error.ts";
import type { CopyOptions } from "./copy-options.ts";

/** What is to be copied. @throws {NotFoundError} when there is nothing. */
export async function findImage(
  options: Pick<CopyOptions, "source" | "platform">,
  source: Pick<ImageSource, "resolve" | "fetchManifest">,
  signal: AbortSignal,
): Promise<Descriptor> {
  const { tag, digest } = options.source;
  const reference = digest ?? tag;
  const found = reference && (await source.resolve(reference, signal));
  if (found === undefined) {
    throw new NotFoundError(
      `${formatReference(options.source)} does not exist; check the name, the tag and your login`,
    );
  }
  const { platform } = options;
  if (platform === undefined || manifestKind(found.mediaType) !== "index") return found;
  const index = await source.fetchManifest(found, signal);
  const children = index === undefined ? [] : successors(index.bytes, index.mediaType).manifests;
  const child = children.find((each) => matchesPlatform(each.platform, platform));
  if (child === undefined) throw new NotFoundError(noPlatform(options, platform, children));
  return child;
}

/** Platforms of an index that are named when it has not the one wanted. */
const PLATFORMS_SHOWN = 20;

function noPlatform(
  { source }: Pick<CopyOptions, "source">,
  wanted: Platform,
  children: readonly Descriptor[],
): string {
  const known = children.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
  const more = known.length > PLATFORMS_SHOWN ? ` and ${known.length - PLATFORMS_SHOWN} more` : "";
  const has = `${known.slice(0, PLATFORMS_SHOWN).join(", ") || "no platforms"}${more}`;
  return `${formatReference(source)} has no ${formatPlatform(wanted)}; it has ${has}`;
}
