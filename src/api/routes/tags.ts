import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { listedTag } from "../../replication/state/tag-status.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { PageQuery, readCursor, writeCursor } from "../protocol/paging.ts";
import { ApiError, problems } from "../protocol/problem.ts";
import { Receipt, receiptOf } from "../schemas/receipt.ts";
import { ImageContents, ListedTag, listedTagOf, TagState } from "../schemas/tag.ts";
import { findTags } from "../reading/find-tags.ts";

/** Longest key of a tag: a destination's name, a repository of 255 characters, and a tag of 128. */
const MOST_KEY = 512;
const MOST_RECEIPTS = 100;
const RECEIPTS = 20;

const TagPage = z
  .object({
    tags: z.array(ListedTag),
    cursor: z.string().optional().openapi({ description: "Where the next page begins; absent on the last one." }),
  })
  .openapi("TagPage");

const listTags = createRoute({
  method: "get",
  path: "/api/tags",
  summary: "Tags, in no particular order",
  description: "A page ends early when a search has read many records: it may be empty and still have a cursor.",
  request: {
    query: PageQuery.extend({
      search: z.string().max(MOST_KEY).optional().openapi({ description: "A part of the key, in any case." }),
      state: TagState.optional(),
      destination: z.string().max(64).optional(),
    }),
  },
  responses: { 200: jsonBody("A page of tags.", TagPage), ...problems() },
});

const KeyQuery = z.object({
  key: z.string().min(1).max(MOST_KEY).openapi({ description: "As in the list of tags." }),
});

const readTag = createRoute({
  method: "get",
  path: "/api/tag",
  summary: "One tag",
  request: { query: KeyQuery },
  responses: { 200: jsonBody("The tag.", ListedTag), ...problems(404) },
});

const readContents = createRoute({
  method: "get",
  path: "/api/contents",
  summary: "What the image of a tag consists of: manifests, platforms, blobs and attachments",
  description: "As its last copy has read it at the source. No registry is asked.",
  request: { query: KeyQuery },
  responses: { 200: jsonBody("Its contents.", ImageContents), ...problems(404) },
});

const listReceipts = createRoute({
  method: "get",
  path: "/api/receipts",
  summary: "How the last requests of a tag ended, the newest first",
  request: {
    query: KeyQuery.extend({ limit: z.coerce.number().int().min(1).max(MOST_RECEIPTS).default(RECEIPTS) }),
  },
  responses: { 200: jsonBody("Its receipts.", z.array(Receipt)), ...problems(404) },
});

/** Tags of all destinations, and their receipts. */
export function addTagRoutes(api: Api, { operations, now }: Pick<ApiPorts, "operations" | "now">): void {
  const find = async (key: string) => {
    const record = await operations.stores.tags.read(key, operations.signal);
    if (record === undefined) throw new ApiError(404, `there is no record of ${key}; /api/tags lists the keys`);
    return listedTag(key, record, now());
  };
  api.openapi(listTags, async (context) => {
    const { cursor, ...query } = context.req.valid("query");
    const { tags, next } = await findTags({ ...query, after: readCursor(cursor) }, operations, now());
    const page = { tags: tags.map(listedTagOf) };
    return context.json(next === undefined ? page : { ...page, cursor: writeCursor(next) }, 200);
  });
  api.openapi(readTag, async (context) => context.json(listedTagOf(await find(context.req.valid("query").key)), 200));
  api.openapi(readContents, async (context) => {
    const { key } = context.req.valid("query");
    const contents = await operations.stores.contents.read(key, operations.signal);
    if (contents === undefined) throw new ApiError(404, `no copy of ${key} has written what its image consists of`);
    return context.json(contents, 200);
  });
  api.openapi(listReceipts, async (context) => {
    const { key, limit } = context.req.valid("query");
    await find(key);
    return context.json((await operations.receipts(key, limit)).map(receiptOf), 200);
  });
}
