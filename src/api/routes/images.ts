import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { isDigest } from "../../oci/digest.ts";
import { isTag } from "../../oci/reference.ts";
import { readImageStatus } from "../../wiring/operations/read-image-status.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { REFERENCE, repositoryName } from "../protocol/name-patterns.ts";
import { problems } from "../protocol/problem.ts";
import { ImageStatus } from "../schemas/image-status.ts";

/** An image of the source: `repository`, and `reference`, a tag or digest. */
export const ImageQuery = z.object({
  repository: repositoryName("As the source has it."),
  reference: z
    .string()
    .transform((text, context) => {
      if (isTag(text) || isDigest(text)) return text;
      context.addIssue({ code: "custom", message: "is no tag and no digest" });
      return z.NEVER;
    })
    .openapi({ type: "string", pattern: REFERENCE, description: "A tag or digest." }),
});

const readImage = createRoute({
  method: "get",
  path: "/api/image",
  summary: "The status of one image of the source at each destination",
  request: { query: ImageQuery },
  responses: { 200: jsonBody("Its status at each destination.", z.array(ImageStatus)), ...problems() },
});

/** Images by their names at the source. */
export function addImageRoutes(api: Api, { operations }: Pick<ApiPorts, "operations">): void {
  api.openapi(readImage, async (context) => {
    const found = await readImageStatus(context.req.valid("query"), operations);
    return context.json(
      found.map((status) => ImageStatus.parse(status)),
      200,
    );
  });
}
