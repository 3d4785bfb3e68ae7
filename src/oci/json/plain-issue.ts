const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object with fields",
  record: "an object with fields",
};
const UNITS: Readonly<Record<string, string>> = { items: "entry", characters: "character" };
const BOUNDS: Readonly<Record<string, string>> = {
  ">=": "at least",
  ">": "more than",
  "<=": "at most",
  "<": "less than",
};

/** A message of zod in the words of somebody who writes the document; any other message as it is. */
export function plainIssue(message: string): string {
  const [, expected = "", received] = /^Invalid input: expected (.+?)(?:, received (.+))?$/.exec(message) ?? [];
  if (received === "undefined") return "is missing";
  if (expected !== "") return `must be ${KINDS[expected] ?? expected}`;
  const options = /^Invalid option: expected one of (.+)$/.exec(message)?.[1];
  if (options !== undefined) return `is missing, or is none of ${options.replaceAll('"', "").replaceAll("|", ", ")}`;
  const bounds = /^Too (?:small|big): expected \w+ to (be|have) ([<>]=?)(\S+)(?: (\w+))?$/.exec(message);
  if (bounds !== null) return boundsOf(bounds);
  return message === "Invalid input" ? "has none of the forms that it may have" : message;
}

function boundsOf([, verb = "", sign = "", limit = "", units = ""]: readonly (string | undefined)[]): string {
  const unit = UNITS[units] ?? units;
  const counted = limit === "1" || unit === "" ? unit : unit.replace(/y$/, "ie").concat("s");
  return ["must", verb, BOUNDS[sign] ?? sign, limit, counted].filter((word) => word !== "").join(" ");
}
