import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { ContainedManifest, halved, ImageContents } from "../../replication/contents/image-contents.ts";
import type { ImageContentsStore } from "../../replication/contents/image-contents.ts";
import { StoreError } from "../../replication/state/record-store.ts";
import type { TableAccess } from "../client/table-pages.ts";
import { untilAborted } from "../client/until-aborted.ts";

/** A write is billed by the kilobyte: an index of six platforms with six blobs each takes two and a half. */
const MOST_BYTES = 8 * 1024;

/** Media types are places in `types`, because there are few and each is long. A blob is its digest, size and type. */
const StoredManifest = ContainedManifest.extend({
  mediaType: z.int(),
  artifactType: z.int().optional(),
  blobs: z.array(z.tuple([z.string(), z.int(), z.int()])),
});
const Stored = ImageContents.extend({
  types: z.array(z.string()),
  manifests: z.array(StoredManifest),
  attached: z.array(StoredManifest),
});
const Item = z.object({ contents: z.string() });

/** Contents of images beside the records of their tags. */
export function createDynamoDbImageContents({ client, table }: TableAccess): ImageContentsStore {
  async function send<Result>(key: string, signal: AbortSignal, sending: () => Promise<Result>): Promise<Result> {
    try {
      return await sending();
    } catch (cause) {
      signal.throwIfAborted();
      throw new StoreError(`the contents of ${key} cannot be reached in table ${table}`, { cause });
    }
  }
  return {
    write: (key, contents, signal) =>
      send(key, signal, async () => {
        const command = new PutCommand({ TableName: table, Item: { ...keyOf(key), contents: stored(contents) } });
        await untilAborted(signal, (options) => client.send(command, options));
      }),
    read: (key, signal) =>
      send(key, signal, async () => {
        const command = new GetCommand({ TableName: table, Key: keyOf(key) });
        const { Item: found } = await untilAborted(signal, (options) => client.send(command, options));
        return found === undefined ? undefined : contentsOf(Item.parse(found).contents);
      }),
  };
}

function stored(contents: ImageContents): string {
  const types = new Map<string, number>();
  const placeOf = (type: string): number => {
    const place = types.get(type) ?? types.size;
    types.set(type, place);
    return place;
  };
  const short = ({
    mediaType,
    artifactType,
    blobs,
    ...manifest
  }: ContainedManifest): z.infer<typeof StoredManifest> => ({
    ...manifest,
    mediaType: placeOf(mediaType),
    ...(artifactType === undefined ? {} : { artifactType: placeOf(artifactType) }),
    blobs: blobs.map((blob) => [blob.digest, blob.size, placeOf(blob.mediaType)]),
  });
  const [manifests, attached] = [contents.manifests.map(short), contents.attached.map(short)];
  const text = JSON.stringify({
    ...contents,
    manifests,
    attached,
    types: [...types.keys()],
  } satisfies z.infer<typeof Stored>);
  return Buffer.byteLength(text) <= MOST_BYTES ? text : stored(halved(contents));
}

function contentsOf(text: string): ImageContents {
  const { types, ...found } = Stored.parse(JSON.parse(text));
  const long = ({
    mediaType,
    artifactType,
    blobs,
    ...manifest
  }: z.infer<typeof StoredManifest>): ContainedManifest => ({
    ...manifest,
    mediaType: types[mediaType] ?? "",
    ...(artifactType === undefined ? {} : { artifactType: types[artifactType] ?? "" }),
    blobs: blobs.map(([digest, size, type]) => ({ digest, size, mediaType: types[type] ?? "" })),
  });
  return { ...found, manifests: found.manifests.map(long), attached: found.attached.map(long) };
}

function keyOf(key: string): { readonly pk: string; readonly sk: string } {
  return { pk: `TAG#${key}`, sk: "CONTENTS" };
}
