/**
 * Characters that a terminal interprets: C0 and C1 controls with DEL (ECMA-48), line and paragraph separators, directional formatting
 * characters (Unicode Standard Annex 9) and unpaired surrogates.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\p{Cs}]/gu;

/** Text as one line that is safe to print: unsafe characters appear as `\u001b`. Valid JSON stays valid. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
