import * as z from "zod";
import { TipStatement, HeadStatement, ReceiptStatement } from "../src/replication/proof/statements.ts";
import type { JsonSchema } from "./configuration-schema.ts";

/** The JSON Schema of signed statements: of receipts, heads and tips. */
export function receiptSchema(): JsonSchema {
  const statements = z.union([
    ReceiptStatement.meta({ title: "receipt" }),
    HeadStatement.meta({ title: "head" }),
    TipStatement.meta({ title: "tip" }),
  ]);
  // A later version may add fields: what is signed stays valid.
  const schema = z.toJSONSchema(statements, { io: "input" });
  return { title: "Signed statements of Freightliner", ...schema };
}
