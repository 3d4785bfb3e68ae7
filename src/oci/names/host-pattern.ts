/** `*.s3.eu-west-1.amazonaws.com` as an anchored expression for `host` or `host:port`; `*` stands within one label and never crosses a dot. */
export function hostPattern(text: string): RegExp {
  const literal = text.toLowerCase().replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll("*", "[a-z0-9-]+")}$`);
}
