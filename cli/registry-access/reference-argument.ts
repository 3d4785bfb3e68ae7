import { FormatError } from "../../src/oci/errors/format-error.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { parseReference } from "../../src/oci/reference.ts";
import type { Reference } from "../../src/oci/reference.ts";
import { UsageError } from "../errors/usage-error.ts";

/** Parses an argument that names an image or a repository. @throws {UsageError} */
export function readReference(command: string, text: string): Reference {
  return usage(command, () => parseReference(text));
}

/** Parses the value of `--platform`. @throws {UsageError} */
export function readPlatform(command: string, text: string | undefined): Platform | undefined {
  return text === undefined ? undefined : usage(command, () => parsePlatform(text));
}

/** Parses an argument that names one image. @throws {UsageError} when it has no tag and no digest. */
export function readImageReference(command: string, text: string): Reference {
  const reference = readReference(command, text);
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  throw new UsageError(`${text} has no tag and no digest; write ${text}:TAG`, { command });
}

/** Parses an argument that names a repository. @throws {UsageError} when it has a tag or a digest. */
export function readRepository(command: string, text: string): Reference {
  const reference = readReference(command, text);
  if (reference.tag === undefined && reference.digest === undefined) return reference;
  throw new UsageError(`${text} names one image; remove its tag or digest`, { command });
}

/** Turns the {@link FormatError} of a parser into a {@link UsageError} of the command. */
export function usage<T>(command: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof FormatError) throw new UsageError(cause.message, { command, cause });
    throw cause;
  }
}
