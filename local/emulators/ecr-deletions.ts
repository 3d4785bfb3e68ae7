import * as z from "zod";
import { isDigest } from "../../src/oci/digest.ts";
import type { RepositoryIndex } from "../registry/storage/repository-index.ts";

const Deletion = z.object({
  repositoryName: z.string(),
  imageIds: z
    .array(z.object({ imageDigest: z.string().optional(), imageTag: z.string().optional() }))
    .min(1)
    .max(100),
});

/**
 * Deletes images by their digests, with all their tags, and lists those that do not exist as failures (ECR API reference, BatchDeleteImage;
 * ImageFailure). Images by tag are not played. @returns undefined when the repository does not exist.
 */
export async function deleteImages(
  body: string,
  catalog: Pick<RepositoryIndex, "find" | "save">,
): Promise<object | undefined> {
  const { repositoryName, imageIds } = Deletion.parse(JSON.parse(body));
  const state = catalog.find(repositoryName);
  if (state === undefined) return undefined;
  const deleted: object[] = [];
  const failures: object[] = [];
  for (const imageId of imageIds) {
    const { imageDigest = "" } = imageId;
    if (isDigest(imageDigest) && state.manifests.delete(imageDigest)) {
      for (const [tag, named] of state.tags) if (named === imageDigest) state.tags.delete(tag);
      deleted.push(imageId);
    } else {
      failures.push({ imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" });
    }
  }
  await catalog.save(repositoryName);
  return { imageIds: deleted, failures };
}
