/** A character, or a wildcard: one character of a path component, some of a component, or any characters. */
type Token = { readonly kind: "character"; readonly character: string } | { readonly kind: "one" | "some" | "any" };

const ONE: Token = { kind: "one" };
const SOME: Token = { kind: "some" };
const ANY: Token = { kind: "any" };
const SLASH: Token = { kind: "character", character: "/" };

/**
 * False when no name matches both globs. True when one may: groups and classes count as wildcards here, so that globs which differ only
 * there seem to overlap.
 */
export function mayOverlap(one: string, other: string): boolean {
  const others = variantsOf(other);
  return variantsOf(one).some((left) => others.some((right) => overlap(left, right)));
}

/** The literal prefix of every name that the glob matches. */
export function literalStart(glob: string): string {
  const [first = "", ...more] = variantsOf(glob).map(startOf);
  return more.reduce((shared, start) => {
    const end = Array.from(shared).findIndex((character, index) => start[index] !== character);
    return end < 0 ? shared : shared.slice(0, end);
  }, first);
}

function startOf(tokens: readonly Token[]): string {
  const end = tokens.findIndex(({ kind }) => kind !== "character");
  const characters = end < 0 ? tokens : tokens.slice(0, end);
  return characters.map((token) => (token.kind === "character" ? token.character : "")).join("");
}

/** Whether a text matches both lists: `reached[j]` says whether one matches the tokens of `left` so far and the first j of `right`. */
function overlap(left: readonly Token[], right: readonly Token[]): boolean {
  const start = right.findIndex((token) => !isRepeated(token));
  let reached = [true, ...right.map((_, index) => start < 0 || index < start)];
  for (const token of left) {
    const next = [reached[0] === true && isRepeated(token)];
    for (const [index, against] of right.entries()) {
      const canMeet = covers(token, against) || covers(against, token);
      const steps = [
        reached[index] === true && canMeet,
        // A repeated token matches nothing, or one more character.
        reached[index + 1] === true && (isRepeated(token) || (isRepeated(against) && canMeet)),
        next[index] === true && (isRepeated(against) || (isRepeated(token) && canMeet)),
      ];
      next.push(steps.includes(true));
    }
    reached = next;
  }
  return reached.at(-1) === true;
}

function isRepeated({ kind }: Token): boolean {
  return kind === "some" || kind === "any";
}

/** True when the first token may match a character that the second one matches. */
function covers(one: Token, other: Token): boolean {
  if (one.kind === "character") return other.kind === "character" && other.character === one.character;
  return one.kind === "any" || other.kind !== "character" || other.character !== "/";
}

/** The glob as tokens, in all forms in which some of its `**` match no component: `a/**` also matches `a`. */
function variantsOf(glob: string): Token[][] {
  // A negation may match nothing at all, and then the slash before it.
  if (glob.includes("!(")) return [[ANY]];
  const forms = componentsOf(glob).reduce<Token[][][]>(
    (forms, component) => {
      const kept = forms.map((form) => [...form, component]);
      return component.length === 1 && component[0] === ANY ? [...kept, ...forms] : kept;
    },
    [[]],
  );
  return forms
    .filter((form) => form.length > 0)
    .map((form) => form.flatMap((component, at) => (at > 0 ? [SLASH, ...component] : component)));
}

function componentsOf(glob: string): Token[][] {
  const components: Token[][] = [[]];
  for (const part of partsOf(glob)) {
    if (part === "/") components.push([]);
    else components.at(-1)?.push(tokenOf(part));
  }
  return components;
}

/** Splits a glob into characters, wildcards, classes, and groups with everything in them. */
function partsOf(glob: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < glob.length;) {
    const [simple = ""] = /^(?:\*\*|\\.|\[[^\]]*\])/.exec(glob.slice(at)) ?? [];
    const length = Math.max(simple.length, groupLength(glob.slice(at)), 1);
    parts.push(glob.slice(at, at + length));
    at += length;
  }
  return parts;
}

/** The length of the group at the start of a text; 0 when there is none. */
function groupLength(text: string): number {
  const open = /^(?:[!@?+*]?\(|\{)/.exec(text)?.[0].length ?? 0;
  let depth = open > 0 ? 1 : 0;
  let at = open;
  for (; depth > 0 && at < text.length; at++) {
    if ("({".includes(text.charAt(at))) depth++;
    if (")}".includes(text.charAt(at))) depth--;
  }
  return at;
}

function tokenOf(part: string): Token {
  if (part === "**") return ANY;
  if (part === "*") return SOME;
  if (part === "?" || part.startsWith("[")) return ONE;
  if (part.length > 1 && !part.startsWith("\\")) return part.includes("/") ? ANY : SOME;
  return { kind: "character", character: part.at(-1) ?? part };
}
