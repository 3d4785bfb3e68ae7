import { createMiddleware } from "hono/factory";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { ApiEnvironment } from "../protocol/api-environment.ts";

/** Methods that change nothing (RFC 9110, 9.2.1). */
export const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Reports each request that may change something, also those that were refused. */
export function audited({ audit }: Pick<ApiPorts, "audit">) {
  return createMiddleware<ApiEnvironment>(async (context, next) => {
    await next();
    const { method, path } = context.req;
    if (SAFE.has(method)) return;
    const { name: caller, requestId: correlationId } = context.var.caller;
    audit({ correlationId, caller, method, path, status: context.res.status });
  });
}
