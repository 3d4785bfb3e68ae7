import type { Platform } from "../../src/oci/platform.ts";
import { parseRepositoryName } from "../../src/oci/reference.ts";
import type { Reference } from "../../src/oci/reference.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import type { AccessOptions, RawAccessOptions } from "../registry-access/access-options.ts";
import { readPlatform, readReference, usage } from "../registry-access/reference-argument.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { TagFilter } from "./tag-filter.ts";

/** Options of copies that need no parsing. */
interface CopyFlags {
  readonly dryRun: boolean;
  readonly referrers: boolean;
  /** An index some of whose children the source lacks: fail, or copy it as it is. */
  readonly sparse: "fail" | "keep";
  /** Non-distributable layers: leave them out, or copy those that the source holds. */
  readonly foreignLayers?: "leave" | "copy" | undefined;
  /** Blobs sent at a time, at most. */
  readonly jobs: number;
  /** Images copied at a time, at most. */
  readonly parallel: number;
}

/** How to copy; the same for every image of a command. */
export interface CopyOptions extends CopyFlags {
  readonly platform: Platform | undefined;
  readonly access: AccessOptions;
}

/** What to copy: one image, or the tags of a repository that match a filter. */
export interface CopySpec {
  readonly source: Reference;
  /** Without a tag, the copy gets the source's tag. */
  readonly target: Reference;
  /** Undefined for a single image. */
  readonly tags: TagFilter | undefined;
}

/** Options of `freightliner copy` as commander gives them. */
export interface RawCopyOptions extends CopyFlags, RawAccessOptions {
  readonly platform?: string | undefined;
}

export interface RawTagOptions {
  readonly allTags: boolean;
  readonly tags: readonly string[];
}

/** @throws {UsageError} naming the option that is wrong. */
export function parseCopyOptions({ platform, foreignLayers, jobs, parallel, ...given }: RawCopyOptions): CopyOptions {
  return {
    platform: readPlatform("copy", platform),
    dryRun: given.dryRun,
    referrers: given.referrers,
    sparse: given.sparse,
    foreignLayers,
    jobs,
    parallel,
    access: parseAccessOptions(given),
  };
}

/**
 * Parses the arguments SOURCE... TARGET. Several sources are copied below TARGET, each under the last component of its name, as `cp`
 * copies files into a directory.
 * @throws {UsageError}
 */
export async function parseCopySpecs(
  texts: readonly string[],
  given: RawTagOptions,
  command: "copy" | "verify" = "copy",
): Promise<CopySpec[]> {
  const sources = texts.slice(0, -1).map((text) => readReference(command, text));
  const target = readReference(command, texts.at(-1) ?? "");
  const filter = given.allTags || given.tags.length > 0 ? await loadTagFilter(given.tags) : undefined;
  for (const [index, source] of sources.entries()) checkSource(source, texts[index] ?? "", filter);
  checkTarget(target, filter === undefined && sources.length === 1 ? sources[0] : undefined);
  const targetOf = (source: Reference): Reference =>
    sources.length === 1 ? target : { ...target, name: nameBelow(target, source.name.split("/").at(-1) ?? "") };
  return sources.map((source) => ({ source, target: targetOf(source), tags: filter }));
}

const EVERY_TAG: TagFilter = { matches: () => true, description: "all tags" };

/** Tags that match one of the globs; without globs, every tag. Only globs need a package to match them. @throws {UsageError} */
export async function loadTagFilter(globs: readonly string[]): Promise<TagFilter> {
  if (globs.length === 0) return EVERY_TAG;
  const { parseTagFilter } = await import("./tag-filter.ts");
  return parseTagFilter(globs);
}

/** `only` is the source of a single image; undefined when several are copied. */
function checkTarget({ tag, digest }: Reference, only: Reference | undefined): void {
  if (only === undefined && (tag !== undefined || digest !== undefined)) {
    const problem = "TARGET names one image, but several are copied; remove its tag or digest";
    throw new UsageError(problem, { command: "copy" });
  }
  if (digest !== undefined && digest !== only?.digest) {
    const problem = "TARGET has another digest than SOURCE, and a copy keeps the digest; remove it";
    throw new UsageError(problem, { command: "copy" });
  }
}

function checkSource(source: Reference, text: string, filter: TagFilter | undefined): void {
  const isNamed = source.tag !== undefined || source.digest !== undefined;
  if (filter !== undefined && isNamed) {
    const advice = `remove its tag or digest to copy ${filter.description}`;
    throw new UsageError(`${text} names one image; ${advice}`, { command: "copy" });
  }
  if (filter === undefined && !isNamed) {
    const advice = `write ${text}:TAG, or add --all-tags to copy every tag`;
    throw new UsageError(`${text} has no tag and no digest; ${advice}`, { command: "copy" });
  }
}

function nameBelow({ name }: Reference, last: string): Reference["name"] {
  return usage("copy", () => parseRepositoryName(`${name}/${last}`));
}
