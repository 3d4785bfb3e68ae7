/** The most characters that the repositories of one role may have in its policy, which IAM limits (IAM quotas, "Managed policy size"). */
const MOST_CHARACTERS = 4_000;
/** Characters of an ARN before the repository's name. */
const PREFIX_CHARACTERS = 60;

/**
 * IAM patterns for the repositories that functions may read: those of the globs, without patterns that another one covers. More than a
 * policy can hold are widened to their first path components, and if these are too many, to all repositories.
 */
export function readablePatterns(globs: readonly string[]): readonly string[] {
  const exact = withoutCovered(globs.flatMap(arnPatterns));
  if (fits(exact)) return exact;
  const wide = withoutCovered(exact.map((pattern) => pattern.replace(/^([^/*]+\/).*$/, "$1*")));
  return fits(wide) ? wide : ["*"];
}

/** Whether the patterns together cover every repository that a glob selects. */
export function isReadable(glob: string, patterns: readonly string[]): boolean {
  return arnPatterns(glob).every((pattern) => patterns.some((wide) => coverOf(wide)(pattern)));
}

function fits(patterns: readonly string[]): boolean {
  return patterns.reduce((sum, { length }) => sum + PREFIX_CHARACTERS + length, 0) <= MOST_CHARACTERS;
}

function withoutCovered(patterns: readonly string[]): string[] {
  const unique = [...new Set(patterns)];
  const wide = unique
    .filter((pattern) => pattern.includes("*"))
    .map((pattern) => ({ pattern, covers: coverOf(pattern) }));
  return unique.filter((pattern) => !wide.some((other) => other.pattern !== pattern && other.covers(pattern)));
}

/** Whether a pattern matches all that another one matches: then it matches the other's text, whose `*` only a `*` can match. */
function coverOf(wide: string): (pattern: string) => boolean {
  const parts = wide.split("*").map((part) => part.replaceAll(/[.+^${}()|[\]\\?]/g, String.raw`\$&`));
  const expression = new RegExp(`^${parts.join(".*")}$`);
  return (pattern) => expression.test(pattern);
}

/**
 * A glob as IAM patterns, in which `*` matches anything. Together they match every repository that the glob matches, and more only where
 * IAM patterns cannot express the glob. `prod/**` also matches the repository `prod`, which `prod/*` would not.
 */
export function arnPatterns(glob: string): string[] {
  return [...new Set(withoutGlobstars(glob).map(arnPattern))];
}

/** The glob in all variants in which some of its `**` match no component. */
function withoutGlobstars(glob: string): string[] {
  const [first = "", ...rest] = glob.split(/(?<=^|\/)\*\*(?:\/|$)/);
  return rest
    .reduce(
      (forms, part) =>
        forms.flatMap((form) => [
          part === "" ? form.replace(/\/$/, "") : `${form}${part}`,
          `${form}**${part === "" ? "" : "/"}${part}`,
        ]),
      [first],
    )
    .filter((form) => form !== "");
}

/** Characters of repository names. Any other character of a glob is special, or in no name. */
const LITERAL = /[A-Za-z0-9._/-]/;

/** One pattern for a glob in which each `**` matches at least one component: wildcards and groups, with everything nested in them, become `*`. */
export function arnPattern(glob: string): string {
  let pattern = "";
  for (let at = glob.startsWith("./") ? 2 : 0; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (character === "\\") {
      at++;
      pattern += LITERAL.test(glob.charAt(at)) ? glob.charAt(at) : "*";
    } else if ("{([".includes(character)) {
      at = groupEnd(glob, at);
      pattern += "*";
    } else {
      pattern += LITERAL.test(character) ? character : "*";
    }
  }
  return pattern.replaceAll(/\*+/g, "*");
}

/**
 * The end of a group. A group that contains a character class, in which brackets are literals, is assumed to end at the last bracket of
 * the glob, so that the pattern is never too narrow.
 */
function groupEnd(glob: string, start: number): number {
  const last = Math.max(...["}", ")", "]"].map((close) => glob.lastIndexOf(close)));
  let depth = 0;
  for (let at = start; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (character === "\\" || (character === "[" && at > start)) return Math.max(last, start);
    if ("{([".includes(character)) depth++;
    if ("})]".includes(character)) depth--;
    if (depth === 0) return at;
  }
  return glob.length;
}
