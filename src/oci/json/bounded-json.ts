import { FormatError } from "../errors/format-error.ts";

/** How large a JSON document may be before it is parsed. What it costs to parse depends on these, hardly on its bytes. */
export interface JsonLimits {
  /** Arrays and objects inside each other. */
  readonly depth: number;
  /** Values in all, keys not counted. */
  readonly values: number;
}

/**
 * For one manifest, token or error: a manifest is 4 levels deep (image-spec), and 4 MiB of real descriptors
 * are about 100,000 values.
 */
export const DOCUMENT_LIMITS: JsonLimits = { depth: 64, values: 250_000 };
/** For one page of a listing. */
export const PAGE_LIMITS: JsonLimits = { depth: 64, values: 1_000_000 };

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/**
 * What is too much about a JSON text, or undefined. Reads the bytes once and keeps nothing: 4 MiB of nested arrays take
 * milliseconds here, and more than a second to parse. Says nothing about whether the text is JSON.
 */
export function jsonExcess(bytes: Uint8Array, { depth, values }: JsonLimits): string | undefined {
  let level = 0;
  let count = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
    } else if (OPEN.has(byte)) {
      count++;
      if (++level > depth) return `nested more than ${depth} levels deep`;
    } else if (CLOSE.has(byte)) {
      level--;
    } else if (byte === COMMA) {
      count++;
    }
    if (count > values) return `more than ${values} values`;
  }
  return undefined;
}

/** Where the string that begins at `start` ends: its closing quote, or the end of the text. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return bytes.length;
}

/**
 * A manifest's JSON, in UTF-8 without a byte order mark (RFC 8259, section 8.1): registries refuse one, and nobody may
 * read what others do not. @throws {FormatError} naming `field`, before parsing when the limits are exceeded.
 */
export function parseJson(bytes: Uint8Array, field: string, limits: JsonLimits = DOCUMENT_LIMITS): unknown {
  const excess = jsonExcess(bytes, limits);
  if (excess !== undefined) throw new FormatError(field, `is ${excess}`);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError(field, "is not JSON in UTF-8", { cause });
  }
}

/** A server's JSON answer, or undefined when it is none, or exceeds the limits. */
export function readJson(bytes: Uint8Array, limits: JsonLimits = DOCUMENT_LIMITS): unknown {
  if (jsonExcess(bytes, limits) !== undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
