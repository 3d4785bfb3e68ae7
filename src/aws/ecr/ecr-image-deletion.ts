import { BatchDeleteImageCommand } from "@aws-sdk/client-ecr";
import type { ECRClient } from "@aws-sdk/client-ecr";
import type { Digest } from "../../oci/digest.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { RepositoryName } from "../../oci/reference.ts";

/** The repository of an account's ECR registry. */
export interface EcrRepository {
  readonly registryId: string;
  readonly repositoryName: RepositoryName;
}

/**
 * Deletes one image, with its tags if it has any (ECR API reference, BatchDeleteImage). One that is gone is no error.
 * @throws {RegistryError} of side `source`.
 */
export async function deleteEcrImage(
  client: ECRClient,
  { registryId, repositoryName }: EcrRepository,
  imageDigest: Digest,
  signal: AbortSignal,
): Promise<void> {
  const command = new BatchDeleteImageCommand({ registryId, repositoryName, imageIds: [{ imageDigest }] });
  const failed = (problem: string, cause?: unknown) =>
    new RegistryError(
      { side: "source", operation: "delete-manifest", subject: imageDigest, category: "deferred", code: "DENIED" },
      `BatchDeleteImage failed in ${repositoryName}: ${problem}; check that the role may call ecr:BatchDeleteImage`,
      { cause },
    );
  const { failures = [] } = await client.send(command, { abortSignal: signal }).catch((cause: unknown): never => {
    signal.throwIfAborted();
    throw failed(cause instanceof Error ? cause.name : "no response", cause);
  });
  const refused = failures.find(({ failureCode }) => failureCode !== "ImageNotFound");
  if (refused !== undefined) throw failed(`${refused.failureCode ?? "refused"} ${refused.failureReason ?? ""}`.trim());
}
