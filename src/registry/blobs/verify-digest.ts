import type { Descriptor } from "../../oci/descriptor.ts";
import { algorithmOf, createHasher, digestOf, hexOf } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { contentError } from "../client/content-error.ts";
import type { ContentProblem } from "../client/content-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/**
 * Passes bytes on and holds the last piece back until size and digest are known to be right: an upload with an exact
 * Content-Length can then never be completed with wrong bytes. A mismatch may be a broken line, so it is transient.
 */
export async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  client: RepositoryClient,
  { digest, size }: Descriptor,
): AsyncGenerator<Uint8Array> {
  const wrong = (code: ContentProblem, problem: string): Error => wrongContent(client, digest, code, problem);
  const hasher = createHasher(digest);
  let received = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of bytes) {
    received += chunk.byteLength;
    if (received > size) throw wrong("SIZE_INVALID", `is longer than the ${size} bytes of its descriptor`);
    hasher.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (received !== size) throw wrong("SIZE_INVALID", `has ${received} bytes, its descriptor says ${size}`);
  if (hasher.digest("hex") !== hexOf(digest)) throw wrong("DIGEST_INVALID", OTHER_DIGEST);
  if (held !== undefined) yield held;
}

const OTHER_DIGEST = "its bytes do not hash to its digest";

/** The same for a blob that was read whole; undefined bytes are more than its size. @throws {RegistryError} transient. */
export function verifiedWhole(
  bytes: Uint8Array | undefined,
  client: RepositoryClient,
  { digest, size }: Descriptor,
): Uint8Array {
  const wrong = (code: ContentProblem, problem: string): Error => wrongContent(client, digest, code, problem);
  if (bytes === undefined) throw wrong("SIZE_INVALID", `is longer than the ${size} bytes of its descriptor`);
  if (bytes.byteLength !== size) {
    throw wrong("SIZE_INVALID", `has ${bytes.byteLength} bytes, its descriptor says ${size}`);
  }
  if (digestOf(bytes, algorithmOf(digest)) !== digest) throw wrong("DIGEST_INVALID", OTHER_DIGEST);
  return bytes;
}

function wrongContent(client: RepositoryClient, digest: Digest, code: ContentProblem, problem: string): Error {
  return contentError(client, { operation: "open-blob", reference: digest, code, category: "transient" }, problem);
}
