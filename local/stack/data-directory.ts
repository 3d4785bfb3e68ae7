import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Another running stack uses the directory; the message says what to do. */
export class DirectoryInUseError extends Error {
  override readonly name = "DirectoryInUseError";
}

/**
 * Locks a directory for this process. SQLite's lock is an operating-system lock, released when the process ends in any way, so no stale
 * lock remains after a kill.
 * @throws {DirectoryInUseError}
 */
export function lockDirectory(directory: string): Disposable {
  const database = new DatabaseSync(join(directory, "lock.db"));
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new DirectoryInUseError(`${directory} is in use by another npm start; end it, or choose another --data`, {
      cause,
    });
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
