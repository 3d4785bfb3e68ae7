import { readFile, writeFile } from "node:fs/promises";
import { layeringRules } from "./layering-rules.ts";
import { layeringTables } from "./layering-tables.ts";

// `npm run layers`: writes what is made from the table of layers, then formats it as everything else is.

const TABLES = /(?<=<!-- layers -->\n\n)[^]*?(?=\n\n<!-- end -->)/;

await writeFile("lint/layering.json", `${JSON.stringify(layeringRules(), undefined, 2)}\n`);
const guide = await readFile("CONTRIBUTING.md", "utf8");
await writeFile(
  "CONTRIBUTING.md",
  guide.replace(TABLES, () => layeringTables()),
);
