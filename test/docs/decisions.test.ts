import { basename } from "node:path";
import { expect, it } from "vitest";
import { DOCUMENTS, readDocument } from "./documents.ts";

it("each decision has a number of its own, the same in its name and heading", () => {
  const decisions = DOCUMENTS.filter((path) => path.startsWith("docs/decisions/"));
  const numbers = decisions.map((path) => Number(basename(path).slice(0, 4)));
  expect(numbers.length).toBeGreaterThan(50);
  expect(numbers.filter((number, index) => numbers.indexOf(number) !== index)).toEqual([]);
  const headings = decisions.map((path) => Number(/^# (\d+)\. /.exec(readDocument(path))?.[1]));
  expect(headings).toEqual(numbers);
});
