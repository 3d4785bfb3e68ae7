import { unlessAborted } from "../../async/abort.ts";

/**
 * Whether a target repository is new. One without tags counts as new when it has nothing of the first images: a copy that was
 * interrupted before its first tag leaves content of the images that it began with.
 */
export interface FirstImages {
  /** Compares one image with the repository. When it has no tags, the first images are compared before all others. */
  compare<T>(comparison: () => Promise<T>, signal: AbortSignal): Promise<T>;
  isNew(signal: AbortSignal): Promise<boolean>;
  /** The repository has content. */
  found(): void;
}

const FIRST_IMAGES = 16;

export function createFirstImages(hasNoTags: (signal: AbortSignal) => Promise<boolean>): FirstImages {
  const decided = Promise.withResolvers<void>();
  let begun = 0;
  let compared = 0;
  let hasContent = false;
  return {
    async compare(comparison, signal) {
      const isFirst = begun++ < FIRST_IMAGES;
      if (!isFirst && (await hasNoTags(signal))) await unlessAborted(decided.promise, signal);
      try {
        return await comparison();
      } finally {
        if (++compared === FIRST_IMAGES) decided.resolve();
      }
    },
    isNew: async (signal) => !hasContent && compared >= FIRST_IMAGES && (await hasNoTags(signal)),
    found() {
      hasContent = true;
      decided.resolve();
    },
  };
}
