/** Omits variables that have no value. */
export function definedOnly(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) defined[name] = value;
  return defined;
}
