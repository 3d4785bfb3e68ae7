import picomatch from "picomatch";

/** Compiles patterns of repository names or tags: `*` within a path component, `**` across them, `{a,b}`, `?`, `[a-z]`. */
export function compileGlobs(patterns: readonly string[]): (text: string) => boolean {
  return picomatch([...patterns], { dot: true, nonegate: true });
}

/** True when the pattern can match more than itself. */
export function isGlob(pattern: string): boolean {
  return /[*?[\]{}()!+@\\]/.test(pattern);
}
