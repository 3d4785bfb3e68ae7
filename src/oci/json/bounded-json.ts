import { FormatError } from "../errors/format-error.ts";

/** Limits of a JSON document, checked before parsing. The cost of parsing depends on these more than on the number of bytes. */
export interface JsonLimits {
  /** Nesting of arrays and objects. */
  readonly depth: number;
  /** Number of values, keys not included. */
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
 * The limit that a JSON text exceeds, or undefined. Scans the bytes without allocating: 4 MiB of nested arrays take milliseconds
 * here, and more than a second to parse. Does not check whether the text is valid JSON.
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

/** Position of the closing quote of the string at `start`, or the end of the text. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return bytes.length;
}

/**
 * Parses JSON in UTF-8 without a byte order mark (RFC 8259, section 8.1), as strictly as registries, so that no two programs read
 * different things. @throws {FormatError} naming `field`; before parsing, when the limits are exceeded.
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

/** Parses the JSON of a response. Undefined when it is invalid or exceeds the limits. */
export function readJson(bytes: Uint8Array, limits: JsonLimits = DOCUMENT_LIMITS): unknown {
  if (jsonExcess(bytes, limits) !== undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
