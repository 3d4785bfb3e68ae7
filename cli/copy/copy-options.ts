import { FormatError } from "../../src/oci/format-error.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { parseReference } from "../../src/oci/reference.ts";
import type { Reference } from "../../src/oci/reference.ts";
import { UsageError } from "../usage-error.ts";

export interface CopyOptions {
  readonly source: Reference;
  readonly target: Reference;
  readonly platform: Platform | undefined;
  readonly dryRun: boolean;
  readonly referrers: boolean;
  /** An index whose children are not all at the source: a failure, or copied as it is. */
  readonly sparse: "fail" | "keep";
  readonly jobs: number;
  readonly allowedHosts: readonly string[];
}

/** Options of `freightliner copy` as they were written. */
interface Given extends Pick<CopyOptions, "dryRun" | "referrers" | "sparse" | "jobs"> {
  readonly platform?: string | undefined;
  readonly allowHost: readonly string[];
}

/** Reads what `freightliner copy` was given. @throws {UsageError} saying which part is wrong. */
export function readCopyOptions(
  places: { readonly source: string; readonly target: string },
  given: Given,
): CopyOptions {
  const { platform, dryRun, referrers, sparse, jobs, allowHost } = given;
  return {
    ...readReferences(places.source, places.target),
    platform: platform === undefined ? undefined : explained(() => parsePlatform(platform)),
    dryRun,
    referrers,
    sparse,
    jobs,
    allowedHosts: allowHost,
  };
}

function readReferences(sourceText: string, targetText: string): Pick<CopyOptions, "source" | "target"> {
  const source = explained(() => parseReference(sourceText));
  const target = explained(() => parseReference(targetText));
  if (source.tag === undefined && source.digest === undefined) {
    throw new UsageError(`${sourceText} names no tag and no digest; write ${sourceText}:TAG`);
  }
  if (target.digest !== undefined && target.digest !== source.digest) {
    throw new UsageError("TARGET has another digest than SOURCE, and a copy does not change digests; leave it out");
  }
  return { source, target };
}

function explained<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof FormatError) throw new UsageError(cause.message, { command: "copy", cause });
    throw cause;
  }
}
