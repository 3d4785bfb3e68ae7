/** A document without `$schema`, by which editors find its schema: it is no part of the configuration, nor of its version. */
export function withoutSchemaLink(document: unknown): unknown {
  if (typeof document !== "object" || document === null || Array.isArray(document)) return document;
  const { $schema: _link, ...rest }: { readonly $schema?: unknown } = document;
  return rest;
}
