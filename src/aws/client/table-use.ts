import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { StoreError } from "../../replication/state/record-store.ts";

/** Runs `work` on a table. @throws {StoreError} for what it throws. @throws the signal's reason when it is aborted. */
export type TableUse = <T>(what: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

export function createTableUse(table: string): TableUse {
  return async (what, signal, work) => {
    try {
      return await work();
    } catch (cause) {
      signal.throwIfAborted();
      const problem = `table ${table} cannot be used for ${what}; check the table and the function's role`;
      throw new StoreError(problem, { cause });
    }
  };
}

/** False when the condition of a write does not hold. */
export async function isWritten(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** The pages of a table, read as {@link createTableUse} has it. */
export async function* usedPages<Page>(
  pages: AsyncGenerator<Page>,
  read: (next: () => Promise<IteratorResult<Page>>) => Promise<IteratorResult<Page>>,
): AsyncGenerator<Page> {
  for (;;) {
    const next = await read(() => pages.next());
    if (next.done === true) return;
    yield next.value;
  }
}
