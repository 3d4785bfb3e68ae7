import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { ConfigurationError, parseConfigurationText } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";

/** Where a function's configuration comes from; asked once, when its container starts. */
export interface ConfigurationSource {
  /** @throws {ConfigurationError} when there is none that can be used. */
  readonly read: () => Promise<Configuration>;
}

/** What a packed configuration may grow to, in bytes: far more than a variable of 4 KB unpacks to, unless it is made to. */
const UNPACKED_MAX_BYTES = 1_048_576;

/** A configuration that is in a variable: as {@link packConfiguration} made it, or JSON as it is. */
export function configurationInVariable(value: string): ConfigurationSource {
  return {
    read: async () => parseConfigurationText(value.startsWith("{") ? value : unpackConfiguration(value)),
  };
}

/** JSON text of a configuration, for a variable: Brotli in base64, a fifth of the text. The same text packs to the same value. */
export function packConfiguration(text: string): string {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  };
  return brotliCompressSync(text, { params }).toString("base64");
}

/** @throws {ConfigurationError} when nothing was packed there. */
function unpackConfiguration(value: string): string {
  try {
    return brotliDecompressSync(Buffer.from(value, "base64"), { maxOutputLength: UNPACKED_MAX_BYTES }).toString();
  } catch (cause) {
    throw new ConfigurationError(["configuration: is neither JSON nor a packed configuration"], { cause });
  }
}
