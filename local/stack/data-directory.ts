import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A folder is another running stack's; the message says what to do. */
export class DirectoryInUseError extends Error {
  override readonly name = "DirectoryInUseError";
}

/**
 * Takes a folder for this process alone. The lock is one of the operating system on a file of SQLite's: it ends with the process, however
 * that ends, so that nothing has to be cleaned up after a kill.
 * @throws {DirectoryInUseError}
 */
export function lockDirectory(directory: string): Disposable {
  const database = new DatabaseSync(join(directory, "lock.db"));
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new DirectoryInUseError(
      `${directory} is in use by another npm start; end that one, or choose another --data`,
      {
        cause,
      },
    );
  }
  return { [Symbol.dispose]: () => database.close() };
}

/**
 * Creates and locks the directory, or creates a temporary one, which `stack` removes.
 * @throws {DirectoryInUseError}
 */
export async function openDataDirectory(directory: string | undefined, stack: AsyncDisposableStack): Promise<string> {
  if (directory !== undefined) {
    await mkdir(directory, { recursive: true });
    stack.use(lockDirectory(directory));
    return directory;
  }
  const temporary = await mkdtemp(join(tmpdir(), "freightliner-"));
  stack.defer(() => rm(temporary, { recursive: true, force: true }));
  return temporary;
}
