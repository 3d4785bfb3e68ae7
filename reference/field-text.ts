/** What a person reads about a field. */
export interface FieldText {
  /** Markdown, as in a cell of a table. */
  readonly meaning: string;
  /** What applies without the field, where the schema does not say it. */
  readonly otherwise?: string;
}
