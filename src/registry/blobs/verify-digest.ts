import type { Descriptor } from "../../oci/descriptor.ts";
import { algorithmOf, createHasher, digestOf, hexOf } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { contentError } from "../client/content-error.ts";
import type { ContentProblem } from "../client/content-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/**
 * Passes bytes on, and holds the last chunk back until size and digest are verified: so an upload with an exact Content-Length
 * is never completed with wrong bytes. A mismatch is transient, because the connection may have corrupted the bytes.
 * @throws {RegistryError} of code SIZE_INVALID or DIGEST_INVALID.
 */
export async function* verifyDigest(
  bytes: AsyncIterable<Uint8Array>,
  client: RepositoryClient,
  { digest, size }: Descriptor,
): AsyncGenerator<Uint8Array> {
  const mismatch = (code: ContentProblem, problem: string): Error => contentMismatch(client, digest, code, problem);
  const hasher = createHasher(digest);
  let received = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of bytes) {
    received += chunk.byteLength;
    if (received > size) throw mismatch("SIZE_INVALID", `is longer than the ${size} bytes of its descriptor`);
    hasher.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (received !== size) throw mismatch("SIZE_INVALID", `has ${received} bytes, its descriptor says ${size}`);
  if (hasher.digest("hex") !== hexOf(digest)) throw mismatch("DIGEST_INVALID", "its bytes do not hash to its digest");
  if (held !== undefined) yield held;
}

/**
 * As {@link verifyDigest}, for a blob in memory. @param bytes undefined when there were more than its size.
 * @throws {RegistryError} of code SIZE_INVALID or DIGEST_INVALID.
 */
export function verifyWholeBlob(
  bytes: Uint8Array | undefined,
  client: RepositoryClient,
  { digest, size }: Descriptor,
): Uint8Array {
  const mismatch = (code: ContentProblem, problem: string): Error => contentMismatch(client, digest, code, problem);
  if (bytes === undefined) throw mismatch("SIZE_INVALID", `is longer than the ${size} bytes of its descriptor`);
  if (bytes.byteLength !== size) {
    throw mismatch("SIZE_INVALID", `has ${bytes.byteLength} bytes, its descriptor says ${size}`);
  }
  if (digestOf(bytes, algorithmOf(digest)) !== digest)
    throw mismatch("DIGEST_INVALID", "its bytes do not hash to its digest");
  return bytes;
}

function contentMismatch(client: RepositoryClient, digest: Digest, code: ContentProblem, problem: string): Error {
  return contentError(client, { operation: "open-blob", reference: digest, code, category: "transient" }, problem);
}
