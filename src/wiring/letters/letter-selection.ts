/** Which letters: all of these, and an empty list is any. */
export interface LetterSelection {
  /** Ids of letters, as a preview had them: letters that came after it are not selected. */
  readonly ids: readonly string[];
  readonly classes: readonly string[];
  readonly reasons: readonly string[];
  /** Whether the repository at the source is one of those. */
  readonly matches: (repository: string) => boolean;
}

/** What a selection looks at. */
export interface SelectableLetter {
  readonly id: string;
  readonly class: string;
  readonly reason: string;
  /** The repository at the source; undefined when the message is no request. */
  readonly repository: string | undefined;
}

export function isSelected(letter: SelectableLetter, { ids, classes, reasons, matches }: LetterSelection): boolean {
  return (
    (ids.length === 0 || ids.includes(letter.id)) &&
    (classes.length === 0 || classes.includes(letter.class)) &&
    (reasons.length === 0 || reasons.includes(letter.reason)) &&
    matches(letter.repository ?? "")
  );
}
