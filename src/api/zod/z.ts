import { extendZodWithOpenApi, z as zod } from "@hono/zod-openapi";

/**
 * zod with `openapi` in its schemas. A bundle in parts may evaluate a module of schemas before the package that extends zod by a side effect: nothing but a
 * value that comes from the extension says that it is needed first.
 */
function extended(): typeof zod {
  extendZodWithOpenApi(zod);
  return zod;
}

export const z: typeof zod = extended();
// oxlint-disable-next-line typescript/no-namespace -- types only; they are used as those of zod itself.
export declare namespace z {
  type infer<Schema extends zod.ZodType> = zod.infer<Schema>;
  type ZodType<Output = unknown> = zod.ZodType<Output>;
}
