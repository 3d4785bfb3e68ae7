import { FormatError } from "../../src/oci/errors/format-error.ts";
import { parseReference } from "../../src/oci/reference.ts";
import type { Reference } from "../../src/oci/reference.ts";
import { UsageError } from "../errors/usage-error.ts";

/** Reads an argument that names an image or a repository. @throws {UsageError} */
export function readReference(command: string, text: string): Reference {
  return usage(command, () => parseReference(text));
}

/** Reads an argument that names one image. @throws {UsageError} when it has no tag and no digest. */
export function readImageReference(command: string, text: string): Reference {
  const reference = readReference(command, text);
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  throw new UsageError(`${text} names no tag and no digest; write ${text}:TAG`, { command });
}

/** Reads an argument that names a repository. @throws {UsageError} when it has a tag or a digest. */
export function readRepository(command: string, text: string): Reference {
  const reference = readReference(command, text);
  if (reference.tag === undefined && reference.digest === undefined) return reference;
  throw new UsageError(`${text} names one image; leave its tag out`, { command });
}

/** What is wrong with an argument is wrong usage. */
export function usage<T>(command: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof FormatError) throw new UsageError(cause.message, { command, cause });
    throw cause;
  }
}
