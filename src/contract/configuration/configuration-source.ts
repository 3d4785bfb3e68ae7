import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { ConfigurationError, loadConfiguration, parseDocumentText } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";

/** Where a function's configuration comes from. Read once, when its container starts. */
export interface ConfigurationSource {
  /** @throws {ConfigurationError} when it is missing or invalid. */
  readonly read: () => Promise<Configuration>;
}

/** Limit for an unpacked configuration, in bytes. Guards against decompression bombs: a genuine one of 4 KB is far smaller. */
const UNPACKED_MAX_BYTES = 1_048_576;

/** A configuration in an environment variable: packed by {@link packConfiguration}, or plain JSON. */
export function configurationInVariable(value: string): ConfigurationSource {
  return {
    read: async () => loadConfiguration(parseDocumentText(value.startsWith("{") ? value : unpackConfiguration(value))),
  };
}

/** Packs the JSON text of a configuration for a variable: Brotli in base64, about a fifth of its size. Deterministic. */
export function packConfiguration(text: string): string {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  };
  return brotliCompressSync(text, { params }).toString("base64");
}

/** @throws {ConfigurationError} when the value is not a packed configuration. */
function unpackConfiguration(value: string): string {
  try {
    return brotliDecompressSync(Buffer.from(value, "base64"), { maxOutputLength: UNPACKED_MAX_BYTES }).toString();
  } catch (cause) {
    throw new ConfigurationError(["configuration: is neither JSON nor a packed configuration"], { cause });
  }
}
