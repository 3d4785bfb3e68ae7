import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { oddTable } from "./odd-table.ts";

const DOCUMENT = new URL("../../docs/use/registries.md", import.meta.url);
const START = "<!-- odd registries -->\n\n";
const END = "\n\n<!-- end -->";

it("docs/use/registries.md says what each tool copies from and to odd registries, as measured here", async () => {
  const text = await readFile(DOCUMENT, "utf8");
  const start = text.indexOf(START) + START.length;
  const table = await oddTable(AbortSignal.timeout(600_000));
  // `WRITE=1 npm run test:peers` writes the measured table into the document.
  if (process.env["WRITE"] === "1") {
    await writeFile(DOCUMENT, text.slice(0, start) + table + text.slice(text.indexOf(END)));
    return;
  }
  expect(table).toBe(text.slice(start, text.indexOf(END)));
}, 600_000);
