import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { concurrently } from "../../async/run-concurrently.ts";
import type { ImageNode } from "./image-tree.ts";
import { reasonToLeaveOut } from "../outcome/left-out.ts";
import type { LeftOut } from "../outcome/left-out.ts";

/** The referrers of each manifest read so far; each listing starts as soon as the digest is known. */
export type Listings = Map<Digest, Promise<readonly Descriptor[]>>;

/** Reads an attached manifest; undefined when the source does not have it. */
type ReadAttached = (digest: Digest) => Promise<ImageNode | undefined>;

/** Depth of referrers of referrers. */
const MAX_LEVELS = 8;
const CONCURRENT_MANIFESTS = 16;
/** Per image: enough for a nightly scan over more than twenty years. The image is copied without those beyond the limit. */
const MAX_REFERRERS = 10_000;

/**
 * Reads level by level: the referrers of the image's manifests, then their referrers, and so on. Referrers that cannot be listed or
 * read, and those beyond the limit, are recorded in `leftOut`: they do not block the image.
 */
export async function readReferrers(
  listings: Listings,
  read: ReadAttached,
  leftOut: LeftOut[],
  signal: AbortSignal,
): Promise<ImageNode[]> {
  const seen = new Set<Digest>(listings.keys());
  const found: ImageNode[] = [];
  let level = [...listings];
  for (let depth = 0; level.length > 0 && depth < MAX_LEVELS; depth++) {
    const listed = await listedOf(level, leftOut);
    const fresh = listed.filter((digest) => !seen.has(digest) && seen.add(digest));
    const wanted = withinLimit(fresh, MAX_REFERRERS - found.length, leftOut);
    const nodes = await concurrently(wanted, CONCURRENT_MANIFESTS, (digest) => readOne(digest, read, leftOut), signal);
    // A referrer that is listed but absent was deleted: the image lacks nothing.
    found.push(...nodes.filter((node) => node !== undefined));
    level = wanted.flatMap((digest) => {
      const listing = listings.get(digest);
      return listing === undefined ? [] : [[digest, listing] as const];
    });
  }
  return found;
}

async function listedOf(
  level: readonly (readonly [Digest, Promise<readonly Descriptor[]>])[],
  leftOut: LeftOut[],
): Promise<Digest[]> {
  const listed = level.map(async ([digest, listing]) => {
    try {
      return (await listing).map((descriptor) => descriptor.digest);
    } catch (error) {
      leaveOut({ kind: "attachments", digest }, error, leftOut);
      return [];
    }
  });
  return (await Promise.all(listed)).flat();
}

async function readOne(digest: Digest, read: ReadAttached, leftOut: LeftOut[]): Promise<ImageNode | undefined> {
  try {
    return await read(digest);
  } catch (error) {
    leaveOut({ kind: "attachment", digest }, error, leftOut);
    return undefined;
  }
}

function leaveOut(about: Pick<LeftOut, "kind" | "digest">, error: unknown, leftOut: LeftOut[]): void {
  const problem = reasonToLeaveOut(error);
  if (problem === undefined) throw error;
  leftOut.push({ ...about, problem });
}

function withinLimit(digests: readonly Digest[], limit: number, leftOut: LeftOut[]): readonly Digest[] {
  const rest = digests.slice(Math.max(limit, 0));
  const problem = `more than ${MAX_REFERRERS} are attached to the image`;
  leftOut.push(...rest.map((digest) => ({ kind: "attachment", digest, problem }) as const));
  return digests.slice(0, Math.max(limit, 0));
}
