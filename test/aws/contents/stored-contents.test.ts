import { randomBytes } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startDynamoDb } from "../../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../../local/emulators/state-table.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createDynamoDbImageContents } from "../../../src/aws/contents/stored-contents.ts";
import type { ContainedManifest, ImageContents } from "../../../src/replication/contents/image-contents.ts";

const dynamo = await startDynamoDb();
await createStateTable(dynamo.endpoint, "state");
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ ...LOCAL_AWS, endpoint: dynamo.endpoint }));
const contents = createDynamoDbImageContents({ client, table: "state" });

afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

const hex = (bytes: number) => randomBytes(bytes).toString("hex");

function manifestOf(blobs: number, text = () => "application/vnd.oci.image.manifest.v1+json"): ContainedManifest {
  const listed = Array.from({ length: blobs }, () => ({ digest: hex(6), mediaType: text(), size: 31_337_000 }));
  const about = { mediaType: text(), artifactType: text(), platform: "linux/arm64/v8", size: 1_234, depth: 1 };
  return { digest: `sha256:${hex(32)}`, ...about, bytes: 100_000_000, blobs: listed, moreBlobs: 1 };
}

const contentsOf = (manifests: ContainedManifest[]): ImageContents => ({
  digest: `sha256:${hex(32)}`,
  bytes: 1,
  manifests,
  moreManifests: 2,
  attached: [],
  moreAttached: 0,
  tags: ["sha256-0.sig"],
  moreTags: 0,
});

async function storedBytes(key: string): Promise<number> {
  const Key = { pk: `TAG#${key}`, sk: "CONTENTS" };
  const { Item } = await client.send(new GetCommand({ TableName: "state", Key }));
  return Buffer.byteLength(String(Item?.["contents"]));
}

it("stores contents of six platforms in two and a half kilobytes, and reads the same", async () => {
  const six = contentsOf(Array.from({ length: 6 }, () => manifestOf(6)));
  await contents.write("eu/app:v1", six, NEVER);
  expect(await contents.read("eu/app:v1", NEVER)).toEqual(six);
  expect(await storedBytes("eu/app:v1")).toBeLessThan(2_700);
  expect(await contents.read("eu/app:v2", NEVER)).toBeUndefined();
});

it("halves what does not fit into 8 KB, whatever the names in it are, and counts what is left out", async () => {
  const large = contentsOf(Array.from({ length: 40 }, () => manifestOf(8, () => hex(50))));
  await contents.write("eu/app:v3", large, NEVER);
  expect(await storedBytes("eu/app:v3")).toBeLessThanOrEqual(8 * 1024);
  const found = await contents.read("eu/app:v3", NEVER);
  expect(found?.manifests.length).toBeGreaterThan(0);
  expect((found?.manifests.length ?? 0) + (found?.moreManifests ?? 0)).toBe(42);
  const [first] = found?.manifests ?? [];
  expect((first?.blobs.length ?? 0) + (first?.moreBlobs ?? 0)).toBe(9);
});

it("says which table cannot be reached", async () => {
  const lost = createDynamoDbImageContents({ client, table: "gone" });
  await expect(lost.read("a", NEVER)).rejects.toThrow("the contents of a cannot be reached in table gone");
});
