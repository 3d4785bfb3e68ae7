import { z } from "../zod/z.ts";
import { ExportLine } from "../../replication/proof/verify-export.ts";

/** The chains that a stack seals its receipts into. */
export const Chains = z
  .object({
    stack: z.string(),
    chains: z
      .array(z.string())
      .openapi({ description: "One for each destination, and `-`: of events that request no copy." }),
  })
  .openapi("Chains");

/** Lines of an export, as a file of `freightliner receipts export` has them. */
export const ChainPage = z
  .object({
    lines: z.array(ExportLine).openapi({
      description:
        "Signed statements in DSSE envelopes: on the first page the tip of the chain, then each head, and behind it its receipts.",
    }),
    next: z.int().optional().openapi({ description: "`after` of the next page; absent on the last one." }),
  })
  .openapi("ChainPage");
export type ChainPage = z.infer<typeof ChainPage>;

/** The public key that verifies receipts. */
export const ReceiptKey = z.object({ publicKey: z.string().openapi({ description: "PEM." }) }).openapi("ReceiptKey");
