import Range from "semver/classes/range.js";
import type SemVer from "semver/classes/semver.js";
import compare from "semver/functions/compare.js";
import parse from "semver/functions/parse.js";
import { FormatError } from "../../oci/errors/format-error.ts";
import type { PushedTag, VersionEngine } from "./pattern-engines.ts";

/**
 * Versions and ranges as npm reads them (Semantic Versioning 2.0.0). A prerelease is in a range only if the range names a prerelease of the
 * same version.
 */
export const VERSIONS: VersionEngine = {
  compileRange(text) {
    const range = compileRange(text);
    return (tag) => {
      const version = versionOf(tag);
      return version !== null && range.test(version);
    };
  },
  isVersion: (tag) => versionOf(tag) !== null,
  newestFirst: (tags) =>
    tags
      .flatMap((each) => {
        const version = versionOf(each.tag);
        return version === null ? [] : [{ each, version }];
      })
      .sort((a, b) => order(a.version, a.each, b.version, b.each))
      .map(({ each }) => each),
  isNewer(one, other) {
    const [mine, its] = [versionOf(one.tag), versionOf(other.tag)];
    return mine !== null && (its === null || order(mine, one, its, other) < 0);
  },
};

/** Newest first; tags of one version (`1.2.3`, `v1.2.3`) by their names, so that the order is the same everywhere. */
function order(a: SemVer, { tag }: PushedTag, b: SemVer, { tag: other }: PushedTag): number {
  return compare(b, a) || (tag < other ? -1 : Number(tag > other));
}

/** A tag cannot contain `+`: Helm writes build metadata after `_` instead (Helm documentation, "Use OCI-based registries"). */
function versionOf(tag: string): SemVer | null {
  return parse(tag.replace("_", "+"));
}

function compileRange(text: string): Range {
  try {
    return new Range(text);
  } catch (cause) {
    throw new FormatError("semver", `"${text}" is not a range of versions, for example ">=1.2 <2"`, { cause });
  }
}
