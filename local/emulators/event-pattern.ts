/** A pattern of EventBridge as far as lists of values go: a field must be there and have one of them. */
export interface EventPattern {
  readonly [field: string]: readonly string[] | EventPattern;
}

/** Does an event match (EventBridge user guide, "Event patterns")? Fields the pattern does not name do not matter. */
export function matchesPattern(event: object, pattern: EventPattern): boolean {
  const fields = new Map<string, unknown>(Object.entries(event));
  return Object.entries(pattern).every(([name, wanted]) => {
    const value = fields.get(name);
    if (isValues(wanted)) return typeof value === "string" && wanted.includes(value);
    return typeof value === "object" && value !== null && matchesPattern(value, wanted);
  });
}

function isValues(wanted: readonly string[] | EventPattern): wanted is readonly string[] {
  return Array.isArray(wanted);
}
