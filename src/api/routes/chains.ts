import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { isDigest } from "../../oci/digest.ts";
import { NO_DESTINATION } from "../../replication/outcome/receipt.ts";
import { exportPage } from "../../replication/proof/export-receipts.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { ApiError, problems } from "../protocol/problem.ts";
import { DIGEST, repositoryName } from "../protocol/name-patterns.ts";
import { ChainPage, Chains, ReceiptKey } from "../schemas/chain.ts";

/**
 * A page has this many bytes of statements, and at most one head with its receipts more, which an item of DynamoDB bounds to 400 KB: an answer of a function
 * URL has at most 6 MB (AWS Lambda developer guide, "Lambda quotas").
 */
const PAGE = { bytes: 2_000_000, heads: 500 };
/** More heads than a chain can have. */
const MOST_HEADS = 1_000_000_000;

const listChains = createRoute({
  method: "get",
  path: "/api/chains",
  summary: "The chains that the stack seals its receipts into, where it signs them",
  responses: { 200: jsonBody("The chains.", Chains), ...problems() },
});

const time = (description: string) => z.coerce.number().int().min(0).optional().openapi({ description });

const readChain = createRoute({
  method: "get",
  path: "/api/chains/{name}",
  summary: "A page of an export: all heads of a chain, and the receipts that are selected",
  description:
    "A file of a header and of the lines of all pages is verified offline by `freightliner receipts verify`: heads that a selection leaves out are missed.",
  request: {
    params: z.object({ name: z.string().max(64) }),
    query: z.object({
      since: time("Receipts of requests that ended then or later; epoch milliseconds."),
      until: time("Receipts of requests that ended before; epoch milliseconds."),
      repository: repositoryName("As the source has it.").optional(),
      digest: z
        .string()
        .refine(isDigest, "is not a digest")
        .optional()
        .openapi({ pattern: DIGEST, description: "Of the image at the destination." }),
      after: z.coerce
        .number()
        .int()
        .min(0)
        .max(MOST_HEADS)
        .default(0)
        .openapi({ description: "The number of a head: `next` of the page before. Without it, the first page." }),
    }),
  },
  responses: { 200: jsonBody("A page of lines.", ChainPage), ...problems(404) },
});

const readKey = createRoute({
  method: "get",
  path: "/api/receipt-key",
  summary: "The public key that verifies receipts",
  responses: { 200: jsonBody("The key.", ReceiptKey), ...problems(404) },
});

/** Chains of signed receipts, and the key that verifies them. */
export function addChainRoutes(api: Api, ports: Pick<ApiPorts, "operations" | "receiptKey">): void {
  const { operations, receiptKey } = ports;
  const chains = [...operations.parts.destinations, NO_DESTINATION];
  api.openapi(listChains, (context) => context.json({ stack: operations.stack, chains }, 200));
  api.openapi(readChain, async (context) => {
    const { name: chain } = context.req.valid("param");
    const { after, ...selection } = context.req.valid("query");
    const { lines, next } = await exportPage({ chain, selection, after }, PAGE, operations.sealed);
    // A destination that is no longer in the configuration has its chain for good.
    if (lines.length === 0 && after === 0 && !chains.includes(chain))
      throw new ApiError(404, `there is no chain ${chain}; /api/chains lists those of the present destinations`);
    return context.json({ lines: [...lines], ...(next === undefined ? {} : { next }) }, 200);
  });
  api.openapi(readKey, async (context) => {
    const publicKey = await receiptKey();
    if (publicKey === undefined)
      throw new ApiError(404, 'the stack does not sign its receipts; set "stack.signReceipts"');
    return context.json({ publicKey }, 200);
  });
}
