import { readWrittenFile, SyncList } from "../sync/sync-file.ts";
import { specOf } from "../sync/spec-of.ts";
import { parseCopySpecs } from "../copy/copy-options.ts";
import type { CopySpec } from "../copy/copy-options.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { RawAccessOptions } from "../registry-access/access-options.ts";

/** The options of `freightliner verify` as commander gives them. */
export interface GivenVerify extends RawAccessOptions {
  readonly platform?: string | undefined;
  readonly referrers: boolean;
  readonly allTags: boolean;
  readonly tags: readonly string[];
  readonly list?: string | undefined;
  readonly readBlobs: boolean;
  readonly sample?: number | undefined;
  readonly seed?: string | undefined;
  readonly state?: string | undefined;
  readonly repair: boolean;
  readonly parallel: number;
}

export interface VerifyNames {
  readonly source: string | undefined;
  readonly target: string | undefined;
}

/** True when the options select tags of repositories, rather than one image. */
export function selectsTags({ allTags, tags, list }: GivenVerify): boolean {
  return allTags || tags.length > 0 || list !== undefined;
}

/** The tags that the command line or the list selects. @throws {UsageError} */
export async function parseVerifySpecs({ source, target }: VerifyNames, given: GivenVerify): Promise<CopySpec[]> {
  if (given.platform !== undefined) {
    throw new UsageError("--platform compares one image; remove it to compare tags", { command: "verify" });
  }
  if (given.list === undefined) return await parseCopySpecs([source ?? "", target ?? ""], given, "verify");
  if (source !== undefined) {
    throw new UsageError("verify takes SOURCE and TARGET, or --list FILE, not both", { command: "verify" });
  }
  const { sync } = await readWrittenFile(given.list, SyncList, "verify");
  return await Promise.all(sync.map(specOf));
}

/** @throws {UsageError} for options that need tags. */
export function refuseTagOptions({ state, sample, repair, readBlobs }: GivenVerify): void {
  const options = {
    "--state": state,
    "--sample": sample,
    "--repair": repair || undefined,
    "--read-blobs": readBlobs || undefined,
  };
  const found = Object.entries(options).find(([, value]) => value !== undefined);
  if (found !== undefined) {
    throw new UsageError(`${found[0]} needs --all-tags, --tags or --list`, { command: "verify" });
  }
}
