import { expect, it } from "vitest";
import { findTags } from "../../src/api/reading/find-tags.ts";
import type { TagSearch } from "../../src/api/reading/find-tags.ts";
import { NEW_TAG } from "../../src/replication/state/tag-record.ts";

/** A table with these keys, in this order. It counts the records that were read. */
function tableOf(keys: readonly string[]) {
  const table = {
    read: 0,
    async *tags(after?: string) {
      for (const key of keys.slice(after === undefined ? 0 : keys.indexOf(after) + 1)) {
        table.read++;
        yield { key, record: NEW_TAG };
      }
    },
  };
  return table;
}

async function pagesOf(keys: readonly string[], search: Omit<TagSearch, "after">): Promise<string[][]> {
  const pages: string[][] = [];
  let after: string | undefined;
  do {
    const { tags, next } = await findTags({ ...search, after }, tableOf(keys), 0);
    pages.push(tags.map(({ key }) => key));
    after = next;
  } while (after !== undefined);
  return pages;
}

const numbered = (count: number, name: string) =>
  Array.from({ length: count }, (_, index) => `local/${name}:v${index}`);

it.each([0, 1, 4, 5, 6, 10])(
  "lists %d tags in pages of five, none of which is empty after the first",
  async (count) => {
    const keys = numbered(count, "app");
    const pages = await pagesOf(keys, { limit: 5 });
    expect(pages.flat()).toEqual(keys);
    expect(pages).toHaveLength(Math.max(Math.ceil(count / 5), 1));
  },
);

it("ends with a full page when nothing that is searched for comes after it", async () => {
  const keys = [...numbered(5, "app"), ...numbered(30, "other")];
  expect(await pagesOf(keys, { search: "APP", limit: 5 })).toEqual([numbered(5, "app")]);
});

it("reads no more than 20,000 records for a page, and goes on from there", async () => {
  const table = tableOf([...numbered(25_000, "app"), "local/rare:v1"]);
  const first = await findTags({ search: "rare", limit: 5 }, table, 0);
  expect([first.tags, first.next, table.read]).toEqual([[], "local/app:v19999", 20_000]);
  const second = await findTags({ search: "rare", limit: 5, after: first.next }, table, 0);
  expect([second.tags.map(({ key }) => key), second.next]).toEqual([["local/rare:v1"], undefined]);
});
