import { parseArgs } from "node:util";
import { FormatError } from "../src/oci/format-error.ts";
import { parsePlatform } from "../src/oci/platform.ts";
import type { Platform } from "../src/oci/platform.ts";
import { parseReference } from "../src/oci/reference.ts";
import type { Reference } from "../src/oci/reference.ts";
import { UsageError } from "./exit-code.ts";

export interface CopyOptions {
  readonly source: Reference;
  readonly target: Reference;
  readonly platform: Platform | undefined;
  readonly dryRun: boolean;
  readonly referrers: boolean;
  readonly jobs: number;
  readonly allowedHosts: readonly string[];
}

const DEFAULT_JOBS = 64;
const MAX_JOBS = 128;

/** Reads the command line of `freightliner copy`. @throws {UsageError} saying which part is wrong. */
export function parseCopyOptions(args: readonly string[]): CopyOptions {
  const { values, positionals } = parse(args);
  const [source, target, ...more] = positionals;
  if (source === undefined || target === undefined || more.length > 0) {
    throw new UsageError(`copy takes a SOURCE and a TARGET, ${positionals.length} given`);
  }
  const jobs = Number(values.jobs ?? DEFAULT_JOBS);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MAX_JOBS) throw new UsageError(`--jobs takes 1 to ${MAX_JOBS}`);
  return {
    ...readReferences(source, target),
    platform: values.platform === undefined ? undefined : explained(() => parsePlatform(values.platform ?? "")),
    dryRun: values["dry-run"],
    referrers: !values["no-referrers"],
    jobs,
    allowedHosts: values["allow-host"],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        platform: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        "no-referrers": { type: "boolean", default: false },
        jobs: { type: "string" },
        "allow-host": { type: "string", multiple: true, default: [] },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : "wrong options", { cause });
  }
}

function readReferences(sourceText: string, targetText: string): Pick<CopyOptions, "source" | "target"> {
  const source = explained(() => parseReference(sourceText));
  const target = explained(() => parseReference(targetText));
  if (source.tag === undefined && source.digest === undefined) {
    throw new UsageError(`${sourceText} names no tag and no digest; write ${sourceText}:TAG`);
  }
  if (target.digest !== undefined && target.digest !== source.digest) {
    throw new UsageError("TARGET's digest is the source's; leave it away");
  }
  return { source, target };
}

function explained<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof FormatError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}
