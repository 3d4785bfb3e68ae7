import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ImageSource, ResolvedManifest } from "../../oci/image-source.ts";
import { successors } from "../../oci/manifest.ts";
import { manifestKind } from "../../oci/media-type.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import { blobsOf, nodesOf } from "../../replication/image/image-tree.ts";
import type { ImageNode } from "../../replication/image/image-tree.ts";
import { reasonToLeaveOut } from "../../replication/outcome/left-out.ts";
import type { LeftOut } from "../../replication/outcome/left-out.ts";
import type { NamedImage } from "../content/image-and-companions.ts";
import type { ContentChecks } from "./content-checks.ts";

/** A part of an image that is missing in its copy, or differs there. */
export interface Difference {
  readonly kind: "tag" | "manifest" | "blob" | "referrer";
  /** A tag or a digest. */
  readonly name: string;
  readonly problem: string;
  /** Set when the source itself is damaged: no copy repairs that. */
  readonly side?: "source";
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Content that a registry cannot list, and content that copies always omit. */
  readonly notCompared: readonly LeftOut[];
  readonly checked: { readonly manifests: number; readonly blobs: number; readonly referrers: number };
}

/** The repository that holds the copy. */
interface Copy {
  readonly read: Pick<ImageSource, "resolve" | "listReferrers">;
  readonly checks: Pick<ContentChecks, "manifest" | "blob">;
  /** Checks of the source's blobs, where they are wanted. Its manifests were read. */
  readonly sourceChecks?: Pick<ContentChecks, "blob"> | undefined;
}

const CONCURRENT_REQUESTS = 16;

/** Compares images with a repository: every tag, every manifest by its bytes, every blob, every list of referrers. */
export async function compareImages(
  images: readonly NamedImage[],
  copy: Copy,
  { referrers }: { readonly referrers: boolean },
  signal: AbortSignal,
): Promise<Comparison> {
  const nodes = unique(
    images.flatMap(({ tree }) => nodesOf(tree)),
    ({ manifest }) => manifest.digest,
  );
  const blobs = unique(
    images.flatMap(({ tree }) => blobsOf(tree)),
    ({ digest }) => digest,
  );
  const attached = referrers ? attachedTo(images) : [];
  const compareAll = <T, Found>(items: readonly T[], compare: (item: T, working: AbortSignal) => Promise<Found>) =>
    concurrently(items, CONCURRENT_REQUESTS, compare, signal);
  const found = [
    await compareAll(images, (image, working) => compareTag(image, copy, working)),
    await compareAll(nodes, (node, working) => compareManifest(node, copy, working)),
    (await compareAll(blobs, (blob, working) => compareBlob(blob, copy, working))).flat(),
  ];
  const lists = await compareAll(attached, (each, working) => compareReferrers(each, copy, working));
  return {
    differences: [...found.flat(), ...lists.flatMap((list) => list.differences)].filter(isDefined),
    notCompared: [
      ...images.flatMap(({ tree }) => tree.leftOut),
      ...lists.map((list) => list.unknown).filter(isDefined),
    ],
    checked: {
      manifests: nodes.length,
      blobs: blobs.length,
      referrers: attached.flatMap((each) => each.referrers).length,
    },
  };
}

async function compareTag(
  { reference, tree }: NamedImage,
  copy: Copy,
  signal: AbortSignal,
): Promise<Difference | undefined> {
  const { digest, mediaType } = tree.root.manifest;
  const found = await copy.read.resolve(reference, signal);
  const problem = tagProblem(found, { digest, mediaType });
  return problem === undefined ? undefined : { kind: "tag", name: reference, problem };
}

/** Clients choose by the media type how they read the bytes, so the same bytes as another type are another image. */
function tagProblem(found: ResolvedManifest | undefined, wanted: ResolvedManifest): string | undefined {
  if (found === undefined) return "is missing";
  if (found.digest !== wanted.digest) return `is ${found.digest}, not ${wanted.digest}`;
  const isOther = manifestKind(found.mediaType) !== undefined && found.mediaType !== wanted.mediaType;
  return isOther ? `is served as ${found.mediaType}, not ${wanted.mediaType}` : undefined;
}

async function compareManifest(
  { manifest: { digest } }: ImageNode,
  { checks }: Copy,
  signal: AbortSignal,
): Promise<Difference | undefined> {
  const problem = await checks.manifest(digest, signal);
  return problem === undefined ? undefined : { kind: "manifest", name: digest, problem };
}

async function compareBlob(
  blob: Descriptor,
  { checks, sourceChecks }: Copy,
  signal: AbortSignal,
): Promise<Difference[]> {
  const [atTarget, atSource] = await Promise.all([checks.blob(blob, signal), sourceChecks?.blob(blob, signal)]);
  const difference = { kind: "blob", name: blob.digest } as const;
  return [
    ...(atTarget === undefined ? [] : [{ ...difference, problem: atTarget }]),
    ...(atSource === undefined
      ? []
      : [{ ...difference, problem: `${atSource} (at the source)`, side: "source" as const }]),
  ];
}

/** The referrers of a manifest at the source. */
interface Attached {
  readonly subject: Digest;
  readonly referrers: readonly Digest[];
}

function attachedTo(images: readonly NamedImage[]): Attached[] {
  const lists = new Map<Digest, Set<Digest>>();
  for (const { manifest } of images.flatMap(({ tree }) => tree.referrers)) {
    const subject = successors(manifest.bytes, manifest.mediaType).subject?.digest;
    if (subject !== undefined) lists.set(subject, (lists.get(subject) ?? new Set()).add(manifest.digest));
  }
  return [...lists].map(([subject, referrers]) => ({ subject, referrers: [...referrers] }));
}

interface ComparedList {
  readonly differences: readonly Difference[];
  /** Set when the copy's registry does not list referrers. */
  readonly unknown?: LeftOut;
}

async function compareReferrers(
  { subject, referrers }: Attached,
  copy: Copy,
  signal: AbortSignal,
): Promise<ComparedList> {
  try {
    const listed = new Set((await copy.read.listReferrers(subject, signal)).map(({ digest }) => digest));
    const missing = referrers.filter((referrer) => !listed.has(referrer));
    const problem = `is not listed for ${subject}`;
    return { differences: missing.map((name) => ({ kind: "referrer", name, problem })) };
  } catch (error) {
    const problem = reasonToLeaveOut(error);
    if (problem === undefined) throw error;
    return { differences: [], unknown: { kind: "attachments", digest: subject, problem } };
  }
}

function isDefined<T>(item: T | undefined): item is T {
  return item !== undefined;
}

function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
