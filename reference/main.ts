import { readFile, writeFile } from "node:fs/promises";
import { configurationSchema } from "./configuration-schema.ts";
import { receiptSchema } from "./receipt-schema.ts";
import { eventSchema } from "./event-schema.ts";
import { fieldTable } from "./field-table.ts";
import { fieldsOf } from "./fields.ts";

// `npm run reference`: writes the JSON Schemas of a configuration, of receipts and of events, and the table of the reference page, then formats them.

const PAGE = "docs/use/configuration.md";
const TABLE = /(?<=<!-- fields[^>]*-->\n\n)[^]*?(?=\n\n<!-- end -->)/;

const schema = configurationSchema();
await writeFile("docs/use/configuration.schema.json", `${JSON.stringify(schema, undefined, 2)}\n`);
await writeFile("docs/use/receipt.schema.json", `${JSON.stringify(receiptSchema(), undefined, 2)}\n`);
await writeFile("docs/operate/events.schema.json", `${JSON.stringify(eventSchema(), undefined, 2)}\n`);
const page = await readFile(PAGE, "utf8");
await writeFile(
  PAGE,
  page.replace(TABLE, () => fieldTable(fieldsOf(schema))),
);
