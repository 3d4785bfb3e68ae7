import * as z from "zod";

/** Subjects are URLs of workflows, e-mail addresses and SPIFFE IDs: longer ones are mistakes. */
const LONGEST = 1_024;
/** A scheme and a host, in which no wildcard may be. */
const HOST = /^[a-z][a-z0-9+.-]*:\/\/[^/*]+\//;

/** Who a certificate is for: exact, or with wildcards, `*` for characters other than `/`, and `**` for any. The whole subject must match. */
export const SubjectPattern = z
  .string()
  .min(1)
  .max(LONGEST)
  .superRefine((pattern, context) => {
    const problem = problemOf(pattern);
    if (problem !== undefined) context.addIssue({ code: "custom", message: `"${pattern}" ${problem}` });
  });

/** Why a pattern is refused: it means something else than it appears to, or accepts more than anybody wants. */
function problemOf(pattern: string): string | undefined {
  if (/\s/.test(pattern)) return "contains white space, which no subject has";
  if (/^\^|\$$|\.\*|\\/.test(pattern)) {
    return "is a regular expression; write * for characters other than /, and ** for any";
  }
  const wildcards = [...pattern.matchAll(/\*+/g)];
  if (wildcards.length === 0) return undefined;
  if (!/[^*/@:.]/.test(pattern)) return "would accept everybody whom the issuer knows; name a part of the subject";
  if (pattern.includes("://") && !HOST.test(pattern)) return "has a wildcard in its host; write the host out";
  const open = wildcards.find(({ 0: stars, index }) => stars.length > 1 && !isComponent(pattern, stars, index));
  if (open !== undefined) {
    return "has ** inside a part of the path, or before it; ** stands for whole parts, as in https://github.com/acme/**";
  }
  return undefined;
}

/** True for `**` between the separators of a path that begins with a host. */
function isComponent(pattern: string, stars: string, index: number): boolean {
  const before = pattern.slice(0, index);
  const isBounded = /[/@]$/.test(before) && /^(?:$|[/@])/.test(pattern.slice(index + stars.length));
  return stars === "**" && isBounded && HOST.test(before);
}

/** Compiles a pattern. The time of a match is linear in the subject, which the signer chooses. */
export function compileSubject(pattern: string): (subject: string) => boolean {
  const tokens = pattern.match(/\*+|[^*]/gsu) ?? [];
  return (subject) => {
    let reached = withSkipped([0], tokens);
    for (const character of subject) {
      const next = [...reached].flatMap((position) => {
        const token = tokens[position];
        if (token === "**" || (token === "*" && character !== "/")) return [position];
        return token === character ? [position + 1] : [];
      });
      reached = withSkipped(next, tokens);
    }
    return reached.has(tokens.length);
  };
}

/** The positions, and those behind wildcards that stand for nothing. */
function withSkipped(positions: readonly number[], tokens: readonly string[]): ReadonlySet<number> {
  const reached = new Set<number>();
  for (const start of positions) {
    let position = start;
    reached.add(position);
    while (tokens[position]?.startsWith("*") === true) reached.add(++position);
  }
  return reached;
}
