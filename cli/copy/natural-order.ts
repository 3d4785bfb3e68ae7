/**
 * Compares names as people count: `v9` comes before `v10`. For a list to sort; only equal names are equal.
 * (Intl.Collator does the same, and loads the rules of all languages first: 7 ms at each start of the command.)
 */
export function byNaturalOrder(one: string, other: string): number {
  const [ones, others] = [parts(one), parts(other)];
  for (const [i, part] of ones.entries()) {
    const order = comparePart(part, others[i] ?? "");
    if (order !== 0) return order;
  }
  return ones.length - others.length || compare(one, other);
}

/** Digits, and what is between them. */
function parts(name: string): readonly string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

function comparePart(one: string, other: string): number {
  if (!isNumber(one) || !isNumber(other)) return compare(one, other);
  const [digits, otherDigits] = [one.replace(/^0+/, ""), other.replace(/^0+/, "")];
  return digits.length - otherDigits.length || compare(digits, otherDigits);
}

function isNumber(part: string): boolean {
  return /^\d/.test(part);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
