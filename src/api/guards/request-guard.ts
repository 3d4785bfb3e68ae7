import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import type { ApiEnvironment } from "../protocol/api-environment.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import { ApiError } from "../protocol/problem.ts";
import { SAFE } from "./audit.ts";

/** The largest body, in bytes. */
export const MOST_BYTES = 65_536;

/** Answers 413 to a body that is too large. */
export const limitedBody = bodyLimit({
  maxSize: MOST_BYTES,
  onError: () => {
    throw new ApiError(413, `a body has at most ${MOST_BYTES} bytes`);
  },
});

/** Answers 403 to a write of a viewer, and 415 to a body that is not JSON. */
export function guardedWrites({ role }: Pick<ApiPorts, "role">, has: (method: string, path: string) => boolean) {
  return createMiddleware<ApiEnvironment>(async (context, next) => {
    const { method, path } = context.req;
    // A method that a path does not have is 405 for every caller.
    if (!SAFE.has(method) && has(method, path)) {
      if (role !== "operator") throw new ApiError(403, "this API is for viewers; use the address for operators");
      // A web page can send other types without asking first (Fetch standard, "CORS-safelisted request-header").
      const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
      if (type !== "application/json") throw new ApiError(415, "send application/json");
    }
    await next();
  });
}
