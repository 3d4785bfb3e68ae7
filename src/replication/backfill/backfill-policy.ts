/** What is copied of the images that were pushed before a destination was compared for the first time. */
export type BackfillPolicy =
  | { readonly kind: "off" }
  | { readonly kind: "everything" }
  /** What was pushed from then on; epoch milliseconds. */
  | { readonly kind: "since"; readonly since: number }
  /** The newest images of each repository, as long as the sum of their sizes is within the limit. */
  | { readonly kind: "up-to"; readonly bytes: number };

const GIGABYTE = 1e9;

/** As the status and the log say it. */
export function describeBackfill(policy: BackfillPolicy): string {
  switch (policy.kind) {
    case "off":
    case "everything":
      return policy.kind;
    case "since":
      return `since ${new Date(policy.since).toISOString()}`;
    case "up-to":
      return `up to ${policy.bytes / GIGABYTE} GB`;
  }
}

/** What a listing says about the size of an image. */
export interface SizedImage {
  readonly digest: string;
  /** Compressed, of all its layers; of an index, of its largest platform. Undefined when the source does not say. */
  readonly bytes?: number | undefined;
  readonly isIndex?: boolean | undefined;
  readonly tag?: string | undefined;
  readonly subject?: string | undefined;
}

/** An image without a size counts as one gigabyte. */
const UNKNOWN_BYTES = GIGABYTE;

/**
 * Sizes of images, from one listing of their repository. No listing says which platforms an index has: each index counts as its share of what
 * has no tag, and at least as its largest platform. Layers that images share count for each of them. So the sum is too high rather than too low.
 */
export function sizesOf(images: readonly SizedImage[]): (image: SizedImage) => number {
  const untagged = new Map(
    images.flatMap(({ digest, bytes = 0, tag, subject, isIndex }) =>
      tag === undefined && subject === undefined && isIndex !== true ? [[digest, bytes] as const] : [],
    ),
  );
  const indexes = new Set(images.filter(({ isIndex }) => isIndex === true).map(({ digest }) => digest));
  const all = [...untagged.values()].reduce((sum, bytes) => sum + bytes, 0);
  const share = indexes.size === 0 ? 0 : Math.ceil(all / indexes.size);
  return ({ bytes = UNKNOWN_BYTES, isIndex }) => (isIndex === true ? Math.max(bytes, share) : bytes);
}
