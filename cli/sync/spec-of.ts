import type { CopySpec } from "../copy/copy-options.ts";
import { loadTagFilter } from "../copy/copy-options.ts";
import type { TagFilter } from "../copy/tag-filter.ts";
import { UsageError } from "../errors/usage-error.ts";
import { readReference } from "../registry-access/reference-argument.ts";
import type { SyncEntry } from "./sync-file.ts";

/** What an entry of a list selects. @throws {UsageError} */
export async function specOf({ source: from, target: to, tags, allow, deny }: SyncEntry): Promise<CopySpec> {
  const [source, target] = [readReference("sync", from), readReference("sync", to)];
  const isOne = source.tag !== undefined || source.digest !== undefined;
  if (isOne && (tags !== undefined || allow !== undefined || deny !== undefined)) {
    throw new UsageError(`${from} names one image and also has tag patterns; remove one of them`, { command: "sync" });
  }
  return { source, target, tags: isOne ? undefined : await filterOf(tags, allow, deny) };
}

async function filterOf(
  tags: readonly string[] = [],
  allow: readonly string[] = [],
  deny: readonly string[] = [],
): Promise<TagFilter> {
  const globs = await loadTagFilter(tags);
  const [allowed, denied] = [allow.map(wholeTag), deny.map(wholeTag)];
  const parts = [...(tags.length === 0 ? [] : [globs.description]), ...allow, ...deny.map((each) => `without ${each}`)];
  return {
    matches: (tag) =>
      globs.matches(tag) &&
      (allowed.length === 0 || allowed.some((pattern) => pattern.test(tag))) &&
      !denied.some((pattern) => pattern.test(tag)),
    description: parts.length === 0 ? "all tags" : parts.join(", "),
  };
}

/** A pattern for whole tags, anchored as in regsync. @throws {UsageError} */
function wholeTag(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    throw new UsageError(`${JSON.stringify(pattern)} is not a regular expression`, { command: "sync" });
  }
}
