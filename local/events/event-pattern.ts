/** An EventBridge pattern, limited to lists of values and `$or`: each field must exist and have one of the values. */
export interface EventPattern {
  readonly [field: string]: readonly string[] | readonly EventPattern[] | EventPattern;
}

/** True when an event matches (EventBridge user guide, "Event patterns"). Fields that the pattern does not name are ignored. */
export function matchesPattern(event: object, pattern: EventPattern): boolean {
  const fields = new Map<string, unknown>(Object.entries(event));
  return Object.entries(pattern).every(([name, wanted]) => {
    if (name === "$or") return isPatterns(wanted) && wanted.some((either) => matchesPattern(event, either));
    const value = fields.get(name);
    if (isValues(wanted)) return typeof value === "string" && wanted.includes(value);
    if (isPatterns(wanted)) return false;
    return typeof value === "object" && value !== null && matchesPattern(value, wanted);
  });
}

function isValues(wanted: EventPattern[string]): wanted is readonly string[] {
  return Array.isArray(wanted) && wanted.every((value) => typeof value === "string");
}

function isPatterns(wanted: EventPattern[string]): wanted is readonly EventPattern[] {
  return Array.isArray(wanted) && wanted.every((value) => typeof value === "object");
}
