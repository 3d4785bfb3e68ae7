/**
 * What a terminal obeys or shows as something else: C0 and C1 controls with DEL (ECMA-48), line and paragraph separators, marks that change
 * the direction of text (Unicode Standard Annex 9, "Directional Formatting Characters"), and halves of surrogate pairs.
 */
const OBEYED = /[\p{Cc}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\p{Cs}]/gu;

/** Text as one line that a terminal shows and does not obey: such characters appear as `\u001b`. What JSON quotes stays JSON. */
export function printable(text: string): string {
  return text.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
