import type { Descriptor } from "../../oci/descriptor.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { discard } from "../http/response.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** Statuses of registries that do not have the blob, or do not support the request. */
const ABSENT_OR_UNSUPPORTED = [400, 404, 405, 410, 501];

/**
 * True when the repository has the blob (distribution-spec, "Checking if content exists in the registry"). False also when the
 * registry does not say so, or does not let us read: then the blob is uploaded, which is safe.
 */
export async function hasBlob(client: RepositoryClient, descriptor: Descriptor, signal: AbortSignal): Promise<boolean> {
  const { digest, size } = descriptor;
  const request = {
    operation: "head-blob",
    subject: client.address.subject(digest),
    method: "HEAD",
    url: client.address.url(`blobs/${digest}`),
    accept: [200, ...ABSENT_OR_UNSUPPORTED],
    scope: client.address.scope("pull"),
  } as const;
  try {
    const response = await client.sendRetrying(request, signal);
    await discard(response);
    const length = response.header("content-length");
    return response.status === 200 && (length === undefined || Number(length) === size);
  } catch (error) {
    if (error instanceof RegistryError && error.category === "permanent") return false;
    throw error;
  }
}
