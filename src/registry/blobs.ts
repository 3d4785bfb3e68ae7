import type { Descriptor } from "../oci/descriptor.ts";
import { discard } from "./answer.ts";
import { contentError } from "./content-error.ts";
import type { RepositoryClient } from "./repository-client.ts";

/** True when the repository has the blob (distribution-spec, "Checking if content exists in the registry"): one HEAD. */
export async function hasBlob(client: RepositoryClient, descriptor: Descriptor, signal: AbortSignal): Promise<boolean> {
  const { digest, size } = descriptor;
  const answer = await client.sendRetrying(
    {
      operation: "head-blob",
      subject: client.subject(digest),
      method: "HEAD",
      url: client.url(`blobs/${digest}`),
      accept: [200, 404],
      scope: client.scope("pull"),
    },
    signal,
  );
  await discard(answer);
  if (answer.status === 404) return false;
  const length = answer.header("content-length");
  if (length !== undefined && Number(length) !== size) {
    const about = { operation: "head-blob", reference: digest, code: "SIZE_INVALID" } as const;
    throw contentError(client, about, `has ${length} bytes, its descriptor says ${size}`);
  }
  return true;
}
