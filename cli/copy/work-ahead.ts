import { linkAbort } from "../../src/async/linked-abort.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { createSingleFlight } from "../../src/async/single-flight.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { isCosignTag } from "../../src/oci/cosign-tags.ts";
import type { ImageSource, ManifestWanted, ResolvedManifest } from "../../src/oci/image-source.ts";
import type { Manifest } from "../../src/oci/manifest.ts";
import type { Tag } from "../../src/oci/reference.ts";
import { resolveCosignTags } from "../../src/replication/image/find-cosign-tags.ts";
import { blobsOf } from "../../src/replication/image/image-tree.ts";
import { readImage } from "../../src/replication/image/read-image.ts";
import type { CopyOptions } from "./copy-options.ts";
import { planCopy } from "../../src/inspection/content/copy-plan.ts";
import type { PlanOptions } from "../../src/inspection/content/copy-plan.ts";
import type { KnownTags } from "../../src/inspection/content/known-tags.ts";

/** A source that sends each request for a manifest or a cosign tag once, however often the copy needs the answer. */
export function askedOnce(source: ImageSource): ImageSource {
  const manifests = onceEach<Manifest | undefined>();
  const tags = onceEach<ResolvedManifest | undefined>();
  return {
    ...source,
    fetchManifest: (wanted, signal) =>
      manifests(wanted.digest, (working) => source.fetchManifest(wanted, working), signal),
    resolve: (reference, signal) =>
      isCosignTag(reference)
        ? tags(reference, (working) => source.resolve(reference, working), signal)
        : source.resolve(reference, signal),
  };
}

const CONCURRENT_CHECKS = 32;

type Ask<T> = (key: string, ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) => Promise<T>;

function onceEach<T>(): Ask<T> {
  const flights = createSingleFlight<T>();
  const known = new Map<string, { readonly answer: T }>();
  return async (key, ask, signal) => {
    const found = known.get(key);
    if (found !== undefined) return found.answer;
    const answer = await flights.run(key, ask, signal);
    known.set(key, { answer });
    return answer;
  };
}

/** An image of which the root is known. */
export interface BegunImage {
  readonly root: ManifestWanted;
  readonly reference: Tag | Digest;
  /** As {@link askedOnce} makes it. */
  readonly source: ImageSource;
  /** Of the source. */
  readonly tags: KnownTags;
}

/**
 * Sends the requests that do not depend on one another all at once, instead of in the order in which the copy needs their answers: what the
 * target lacks of the image is asked while the source is asked what is attached to it. The answers are kept by the source, the tags and the target; a
 * failure is met again, and reported, by the copy. Disposal aborts what is not needed any more.
 */
export function workAhead(
  { root, reference, source, tags }: BegunImage,
  options: Pick<CopyOptions, "referrers" | "sparse" | "foreignLayers">,
  plan: PlanOptions,
  signal: AbortSignal,
): AsyncDisposable {
  const ending = linkAbort(signal);
  const compare = async (): Promise<void> => {
    // Non-distributable layers are asked for at the source, by requests that are not kept.
    if (options.foreignLayers === "copy") return;
    const tree = await readImage(root, { ...options, source, referrers: false }, ending.signal);
    if ((await plan.current) === root.digest) return;
    // All at once: the plan asks for the blobs of a manifest when it knows that the manifest is not there, a round trip for each level.
    const isThere = (blob: Descriptor, working: AbortSignal): Promise<boolean> => plan.target.hasBlob(blob, working);
    const asking = concurrently(blobsOf(tree), CONCURRENT_CHECKS, isThere, ending.signal);
    await Promise.all([asking, planCopy([{ reference, tree }], plan, ending.signal)]);
  };
  const attached = [tags.read(ending.signal), resolveCosignTags([root.digest], source, ending.signal)];
  const ended = Promise.allSettled([compare(), ...(options.referrers ? attached : [])]);
  return {
    async [Symbol.asyncDispose]() {
      ending.abort(new Error("the image has been read"));
      await ended;
      ending[Symbol.dispose]();
    },
  };
}
