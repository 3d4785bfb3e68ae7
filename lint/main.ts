import { readFile, writeFile } from "node:fs/promises";
import { layeringRules } from "./layering-rules.ts";
import { layeringTables } from "./layering-tables.ts";

// `npm run layers`: generates the linter's rules and the tables of CONTRIBUTING.md, then formats them.

const TABLES = /(?<=<!-- layers -->\n\n)[^]*?(?=\n\n<!-- end -->)/;

await writeFile("lint/layering.json", `${JSON.stringify(layeringRules(), undefined, 2)}\n`);
const guide = await readFile("CONTRIBUTING.md", "utf8");
await writeFile(
  "CONTRIBUTING.md",
  guide.replace(TABLES, () => layeringTables()),
);
