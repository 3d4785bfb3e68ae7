import { FormatError } from "../../oci/errors/format-error.ts";
import { compileGlobs } from "./glob.ts";
import type { RepositoryPattern, TagPattern } from "./pattern.ts";
import type { NeededEngines, PatternEngines } from "./pattern-engines.ts";

type Pattern = RepositoryPattern | TagPattern;
type Matcher = (name: string) => boolean;

/** Engines, and where to report patterns that they refuse: one line each, with the field. */
export interface PatternCompiler {
  readonly engines: PatternEngines;
  readonly problems: string[];
}

/** Compiles patterns of which one must match. @param field where they are, for example `rules[2].tags`. */
export function compilePatterns(patterns: readonly Pattern[], field: string, compiler: PatternCompiler): Matcher {
  const matchesGlob = compileGlobs(patterns.filter((pattern) => typeof pattern === "string"));
  const others = patterns.flatMap((pattern, index) =>
    typeof pattern === "string" ? [] : [compileOrReport(pattern, `${field}[${index}]`, compiler)],
  );
  return others.length === 0 ? matchesGlob : (name) => matchesGlob(name) || others.some((matches) => matches(name));
}

function compileOrReport(
  pattern: Exclude<Pattern, string>,
  field: string,
  { engines, problems }: PatternCompiler,
): Matcher {
  try {
    return compileWith(engines, pattern);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    problems.push(`${field}.${error.message}`);
    return () => false;
  }
}

function compileWith({ compileRegex, versions }: PatternEngines, pattern: Exclude<Pattern, string>): Matcher {
  if ("regex" in pattern) return loaded(compileRegex)(pattern.regex);
  return loaded(versions).compileRange(pattern.semver);
}

/** An engine that the patterns need. @throws {Error} when it was not loaded, which is a mistake of the caller. */
export function loaded<T>(engine: T | undefined): T {
  if (engine === undefined) throw new Error("an engine of patterns is missing; load those that the rules need");
  return engine;
}

/** Which engines patterns need. */
export function enginesOf(patterns: readonly Pattern[]): NeededEngines {
  const has = (key: string): boolean => patterns.some((pattern) => typeof pattern !== "string" && key in pattern);
  return { regex: has("regex"), versions: has("semver") };
}

/**
 * Globs that together match every repository that the patterns match, for code that cannot evaluate regular expressions:
 * IAM policies, and the search for rules that use the same names.
 */
export function coveringGlobs(patterns: readonly RepositoryPattern[]): string[] {
  return patterns.map((pattern) =>
    typeof pattern === "string" ? pattern : `${literalPrefix(pattern.regex)}{**,*/**}`,
  );
}

/** The literal prefix of every text that an expression matches. */
function literalPrefix(expression: string): string {
  const [all = "", prefix = ""] = /^\^?([a-z0-9_/-]*)/.exec(expression) ?? [];
  if (expression.includes("|")) return "";
  // A repetition belongs to the character before it.
  return /[*+?{]/.test(expression.charAt(all.length)) ? prefix.slice(0, -1) : prefix;
}
