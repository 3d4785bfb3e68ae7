import { stringify } from "yaml";
import { parseTagFilter } from "../copy/tag-filter.ts";
import type { TagFilter } from "../copy/tag-filter.ts";
import { copy } from "../copy/copy.ts";
import { parseCopyOptions } from "../copy/copy-options.ts";
import type { CopySpec, RawCopyOptions } from "../copy/copy-options.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { readReference } from "../registry-access/reference-argument.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { UsageError } from "../errors/usage-error.ts";
import { fromRegsync } from "./from-regsync.ts";
import { fromSkopeo } from "./from-skopeo.ts";
import { readWrittenFile, SyncList } from "./sync-file.ts";
import type { Converted, SyncEntry } from "./sync-file.ts";

interface GivenSync extends RawCopyOptions {
  readonly fromRegsync?: string | undefined;
  readonly fromSkopeo?: string | undefined;
  readonly to?: string | undefined;
}

/** Runs `freightliner sync`: copies the images of a list, or prints another tool's list in our format. */
export async function sync(
  file: string | undefined,
  given: GivenSync,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const lists = [file, given.fromRegsync, given.fromSkopeo].filter((each) => each !== undefined);
  if (lists.length !== 1) {
    throw new UsageError("sync takes one list: FILE, --from-regsync FILE or --from-skopeo FILE", { command: "sync" });
  }
  if (file === undefined) return show(await convert(given), terminal);
  const { sync: entries } = await readWrittenFile(file, SyncList);
  return copy(entries.map(specOf), parseCopyOptions(given), terminal, signal);
}

function convert({ fromRegsync: regsync, fromSkopeo: skopeo, to }: GivenSync): Promise<Converted> {
  if (regsync !== undefined) return fromRegsync(regsync);
  if (to === undefined) {
    throw new UsageError("--from-skopeo needs --to PLACE: skopeo's lists name no target", { command: "sync" });
  }
  return fromSkopeo(skopeo ?? "", to);
}

function show({ list, lost }: Converted, { out, err, json }: Terminal): ExitCode {
  if (json) out.json(list);
  else out.lines(stringify(list, { lineWidth: 0 }).trimEnd().split("\n"));
  err.lines(lost.map((what) => `not converted: ${what}`));
  return lost.length === 0 ? ExitCode.ok : ExitCode.failed;
}

/** @throws {UsageError} */
function specOf({ source: from, target: to, tags, allow, deny }: SyncEntry): CopySpec {
  const [source, target] = [readReference("sync", from), readReference("sync", to)];
  const isOne = source.tag !== undefined || source.digest !== undefined;
  if (isOne && (tags !== undefined || allow !== undefined || deny !== undefined)) {
    throw new UsageError(`${from} names one image and also has tag patterns; remove one of them`, { command: "sync" });
  }
  return { source, target, tags: isOne ? undefined : filterOf(tags, allow, deny) };
}

function filterOf(
  tags: readonly string[] = [],
  allow: readonly string[] = [],
  deny: readonly string[] = [],
): TagFilter {
  const globs = parseTagFilter(tags);
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
