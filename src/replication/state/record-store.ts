/** What to do with a record: the next one (or none, to leave it as it is), and what to tell the caller. */
export interface Change<Record, Answer> {
  readonly next?: Record;
  readonly answer: Answer;
}

/**
 * Records changed by compare-and-set. `change` is pure and may run several times: whenever the record was changed by
 * somebody else in between, it is given the newest one. So no decision is ever made on a stale copy.
 */
export interface RecordStore<Record> {
  /**
   * @throws StoreError when the store cannot be reached; then nothing is known about the record.
   * @throws the signal's reason when it is aborted. Nothing is written then, except by a write that was already under way.
   */
  update<Answer>(
    key: string,
    change: (record: Record | undefined) => Change<Record, Answer>,
    signal: AbortSignal,
  ): Promise<Answer>;
}

/** The state store cannot be reached or refuses: never a reason to go on without it, always one to try later. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}
