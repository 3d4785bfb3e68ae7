import type { Descriptor } from "../../oci/descriptor.ts";
import { createHasher, hexOf } from "../../oci/digest.ts";
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
  const wrong = (code: ContentProblem, problem: string): Error =>
    contentError(client, { operation: "open-blob", reference: digest, code, category: "transient" }, problem);
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
  if (hasher.digest("hex") !== hexOf(digest)) throw wrong("DIGEST_INVALID", "its bytes do not hash to its digest");
  if (held !== undefined) yield held;
}
