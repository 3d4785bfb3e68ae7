import type { Descriptor } from "../../oci/descriptor.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { discard } from "../http/response.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** Answers by which a registry says that it does not have the blob, or does not say whether. */
const NOT_SAID = [400, 404, 405, 410, 501];

/**
 * True when the repository says that it has the blob (distribution-spec, "Checking if content exists in the registry"): one
 * HEAD. A registry that does not say it, or that is refused to us for reading, may have it: then it is sent, which is safe.
 */
export async function hasBlob(client: RepositoryClient, descriptor: Descriptor, signal: AbortSignal): Promise<boolean> {
  const { digest, size } = descriptor;
  const request = {
    operation: "head-blob",
    subject: client.subject(digest),
    method: "HEAD",
    url: client.url(`blobs/${digest}`),
    accept: [200, ...NOT_SAID],
    scope: client.scope("pull"),
  } as const;
  try {
    const answer = await client.sendRetrying(request, signal);
    await discard(answer);
    const length = answer.header("content-length");
    return answer.status === 200 && (length === undefined || Number(length) === size);
  } catch (error) {
    if (error instanceof RegistryError && error.category === "permanent") return false;
    throw error;
  }
}
