import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { buildConsoleOnce } from "../../console/build.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

it("builds the console once, also when several ask for it at the same time, and leaves nothing else behind", async () => {
  await using folder = await temporaryFolder();
  const console = join(folder.path, "console");
  await Promise.all([1, 2, 3].map(() => buildConsoleOnce(console)));
  expect(readdirSync(console)).toContain("index.html");
  expect(readdirSync(dirname(console)).filter((name) => name.startsWith("console"))).toEqual(["console"]);
});
