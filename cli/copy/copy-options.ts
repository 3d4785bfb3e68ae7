import { parsePlatform } from "../../src/oci/platform.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { parseRepositoryName } from "../../src/oci/reference.ts";
import type { Reference } from "../../src/oci/reference.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import type { AccessOptions, RawAccessOptions } from "../registry-access/access-options.ts";
import { readReference, usage } from "../registry-access/reference-argument.ts";
import { UsageError } from "../errors/usage-error.ts";
import { parseTagFilter } from "./tag-filter.ts";
import type { TagFilter } from "./tag-filter.ts";

/** How images are copied, whichever they are. */
export interface CopyOptions {
  readonly platform: Platform | undefined;
  readonly dryRun: boolean;
  readonly referrers: boolean;
  /** An index whose children are not all at the source: a failure, or copied as it is. */
  readonly sparse: "fail" | "keep";
  /** Layers whose type says that they are not to be distributed: left out, or copied where the source holds them. */
  readonly foreignLayers?: "leave" | "copy" | undefined;
  readonly jobs: number;
  readonly access: AccessOptions;
}

/** What is to be copied: an image, or those tags of a repository that `tags` matches. */
export interface CopySpec {
  readonly source: Reference;
  /** Without a tag it takes the source's. */
  readonly target: Reference;
  /** Undefined for a single image. */
  readonly tags: TagFilter | undefined;
}

/** Options of `freightliner copy` as they were written. */
export interface RawCopyOptions extends RawAccessOptions {
  readonly platform?: string | undefined;
  readonly dryRun: boolean;
  readonly referrers: boolean;
  /** An index whose children are not all at the source: a failure, or copied as it is. */
  readonly sparse: "fail" | "keep";
  /** Layers whose type says that they are not to be distributed: left out, or copied where the source holds them. */
  readonly foreignLayers?: "leave" | "copy" | undefined;
  readonly jobs: number;
}

export interface RawTagOptions {
  readonly allTags: boolean;
  readonly tags: readonly string[];
}

/** @throws {UsageError} saying which part is wrong. */
export function parseCopyOptions({ platform, foreignLayers, jobs, ...given }: RawCopyOptions): CopyOptions {
  return {
    platform: platform === undefined ? undefined : usage("copy", () => parsePlatform(platform)),
    dryRun: given.dryRun,
    referrers: given.referrers,
    sparse: given.sparse,
    foreignLayers,
    jobs,
    access: parseAccessOptions(given),
  };
}

/**
 * Reads SOURCE... and TARGET. Several sources go below TARGET, each under its own last name, as files go into a folder.
 * @throws {UsageError}
 */
export function parseCopySpecs(places: readonly string[], given: RawTagOptions): CopySpec[] {
  const sources = places.slice(0, -1).map((text) => readReference("copy", text));
  const target = readReference("copy", places.at(-1) ?? "");
  const choice = given.allTags || given.tags.length > 0 ? parseTagFilter(given.tags) : undefined;
  for (const [index, source] of sources.entries()) checkSource(source, places[index] ?? "", choice);
  const one = choice === undefined && sources.length === 1 ? sources[0] : undefined;
  checkTarget(target, one);
  const below = (source: Reference): Reference =>
    sources.length === 1 ? target : { ...target, name: joined(target, source.name.split("/").at(-1) ?? "") };
  return sources.map((source) => ({ source, target: below(source), tags: choice }));
}

/** `one` is the image that is copied, if it is a single one. */
function checkTarget({ tag, digest }: Reference, one: Reference | undefined): void {
  if (one === undefined && (tag !== undefined || digest !== undefined)) {
    throw new UsageError("TARGET names one image, and several are copied; leave its tag out", { command: "copy" });
  }
  if (digest !== undefined && digest !== one?.digest) {
    const problem = "TARGET has another digest than SOURCE, and a copy does not change digests; leave it out";
    throw new UsageError(problem, { command: "copy" });
  }
}

function checkSource(source: Reference, text: string, choice: TagFilter | undefined): void {
  const isNamed = source.tag !== undefined || source.digest !== undefined;
  if (choice !== undefined && isNamed) {
    throw new UsageError(`${text} names one image; leave its tag out to copy ${choice.text}`, { command: "copy" });
  }
  if (choice === undefined && !isNamed) {
    const advice = `write ${text}:TAG, or --all-tags for every one`;
    throw new UsageError(`${text} names no tag and no digest; ${advice}`, { command: "copy" });
  }
}

function joined({ name }: Reference, last: string): Reference["name"] {
  return usage("copy", () => parseRepositoryName(`${name}/${last}`));
}
