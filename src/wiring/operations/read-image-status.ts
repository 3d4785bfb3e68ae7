import { imageKey } from "../../replication/pending/image-record.ts";
import { imageStatus } from "../../replication/pending/image-status.ts";
import type { ImageStatus } from "../../replication/pending/image-status.ts";
import type { CopyRequest } from "../../replication/planning/copy-request.ts";
import type { Operations } from "./open-operations.ts";

/** An image of the source: its repository, and a tag or digest. */
export type SourceImage = Pick<CopyRequest, "repository" | "reference">;

export interface DestinationStatus extends ImageStatus {
  readonly destination: string;
  /** The key of its tag record. */
  readonly record?: string | undefined;
}

/** The status of one image at each destination, from the records. Reads a few items, unless no record names the image yet. */
export async function readImageStatus(image: SourceImage, operations: Operations): Promise<DestinationStatus[]> {
  const { parts, stores, pending, signal } = operations;
  const now = Date.now();
  const named = await stores.images.read(imageKey(image), signal);
  const records = named === undefined ? await findRecords(image, operations) : new Map(Object.entries(named.tags));
  return Promise.all(
    parts.destinations.map(async (destination) => {
      const key = records.get(destination);
      const record = key === undefined ? undefined : await stores.tags.read(key, signal);
      const pushes = await pending.ofTag({ destination, ...image }, signal);
      return { destination, ...imageStatus(record, pushes, now), record: key };
    }),
  );
}

/**
 * Images that were copied before their records were named have records whose keys end with the name at the source, unless a rule renames
 * their repository. Reads the whole table.
 */
async function findRecords(
  { repository, reference }: SourceImage,
  { tags }: Pick<Operations, "tags">,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const { key } of tags()) {
    if (key.endsWith(`/${repository}:${reference}`)) found.set(key.slice(0, key.indexOf("/")), key);
  }
  return found;
}
