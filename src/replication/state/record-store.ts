/** The result of a change: `next` replaces the record, which stays as it is without it; `answer` goes to the caller. */
export interface Change<Record, Answer> {
  readonly next?: Record;
  readonly answer: Answer;
}

/** Records that are shared by every process, each changed by compare-and-set. */
export interface RecordStore<Record> {
  /**
   * The record as the last completed write left it (strongly consistent); undefined when there is none.
   * @throws {StoreError} when the store is unavailable or refuses, or the record does not match its schema.
   * @throws the signal's reason when it is aborted.
   */
  read(key: string, signal: AbortSignal): Promise<Record | undefined>;
  /**
   * Applies `change` to the newest record. `change` must be pure: it runs again with the newer record after each conflict,
   * so no decision is based on a stale copy.
   * @throws {StoreError} when the store is unavailable or refuses; the write may or may not have taken effect.
   * @throws the signal's reason when it is aborted. Nothing is written then, except by a write already under way.
   */
  update<Answer>(
    key: string,
    change: (record: Record | undefined) => Change<Record, Answer>,
    signal: AbortSignal,
  ): Promise<Answer>;
}

/**
 * The state store is unavailable or refuses a request. Work that depends on the record must not continue; a retry may
 * succeed.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
}
