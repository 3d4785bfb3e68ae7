import type { ImageTarget } from "../oci/image-target.ts";
import { RegistryError } from "../oci/errors/registry-error.ts";

/** Creates one repository; succeeds when it exists. */
export type CreateRepository = (signal: AbortSignal) => Promise<void>;

/**
 * A target whose repository is created when a push finds that it does not exist, and pushed to once more. A repository that exists costs no
 * request.
 */
export function createdWhenMissing(target: ImageTarget, create: CreateRepository): ImageTarget {
  async function pushed<T>(push: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await push();
    } catch (error) {
      if (!isRepositoryMissing(error)) throw error;
      await create(signal);
      return push();
    }
  }
  return {
    ...target,
    pushBlob: (descriptor, options, signal) => pushed(() => target.pushBlob(descriptor, options, signal), signal),
    putManifest: (manifest, reference, signal) => pushed(() => target.putManifest(manifest, reference, signal), signal),
  };
}

/** ECR: 404 NAME_UNKNOWN, "The repository with name '...' does not exist". */
function isRepositoryMissing(error: unknown): boolean {
  return error instanceof RegistryError && error.side === "target" && error.code === "NAME_UNKNOWN";
}
