/** Control characters that JSON does not escape: DEL, C1 controls, line and paragraph separators. */
const CONTROLS = /[\u007f-\u009f\u2028\u2029]/g;

/** A value for messages: quoted, control characters escaped, truncated to 80 characters. */
export function quoted(value: unknown): string {
  return quotedUpTo(80, value);
}

/** The same with another limit, for a value that must be readable as a whole. */
export function quotedUpTo(most: number, value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  const text = json.replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}
