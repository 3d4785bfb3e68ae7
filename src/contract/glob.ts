import picomatch from "picomatch";

/** Compiles patterns of repository names or tags: `*` within a path component, `**` across them, `{a,b}`, `?`, `[a-z]`. */
export function compileGlobs(patterns: readonly string[]): (text: string) => boolean {
  return picomatch([...patterns], { dot: true, nonegate: true });
}

/** Why a pattern can match no repository and no tag at all, or undefined. Such a rule would do nothing, and say nothing. */
export function globProblem(pattern: string): string | undefined {
  if (/\s/.test(pattern)) return "has white space, which no name has";
  if (/^!(?!\()/.test(pattern)) return "starts with !; patterns say what is taken, not what is left out";
  if (/^\/|\/$|\/\//.test(pattern)) return "has a / at its start or end, or two together, which no name has";
  const isOpen = ["[]", "{}", "()"].some(([open = "", close = ""]) => count(pattern, open) !== count(pattern, close));
  return isOpen ? "has a bracket without its other half" : undefined;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** True when the pattern can match more than itself. */
export function isGlob(pattern: string): boolean {
  return /[*?[\]{}()!+@\\]/.test(pattern);
}
