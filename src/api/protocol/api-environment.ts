import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Caller } from "./caller.ts";

/** What the guards find out about a request. */
export interface ApiEnvironment {
  readonly Variables: { readonly caller: Caller };
}

/** The app, and what its routes are added to. */
export type Api = OpenAPIHono<ApiEnvironment>;
