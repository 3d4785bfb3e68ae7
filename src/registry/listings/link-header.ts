/** The target of `<...>; rel="next"` (RFC 8288), or undefined. */
export function nextLink(header: string | undefined): string | undefined {
  for (const [, target, parameters] of (header ?? "").matchAll(/<([^>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*"?next"?/i.test(parameters ?? "")) return target;
  }
  return undefined;
}
