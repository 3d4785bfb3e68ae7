import { parse } from "yaml";
import { ConfigurationError, parseConfiguration } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";

/** A configuration, and the JSON text of it that the functions get. */
export interface ConfigurationFile {
  readonly configuration: Configuration;
  readonly text: string;
}

/** Far more than fits into a function's variables, and little enough to be parsed at once. */
const FILE_MAX_BYTES = 262_144;

/**
 * Reads a configuration that people wrote: YAML, of which JSON is a part.
 * @throws {ConfigurationError} naming what is wrong, by field, or where it is no YAML.
 */
export function parseConfigurationFile(written: string): ConfigurationFile {
  if (Buffer.byteLength(written) > FILE_MAX_BYTES) {
    throw new ConfigurationError([
      `configuration: has more than ${FILE_MAX_BYTES} bytes, and no stack can take so much`,
    ]);
  }
  let document: unknown;
  try {
    document = parse(written);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unreadable";
    throw new ConfigurationError([`configuration: is neither YAML nor JSON (${why})`], { cause });
  }
  return { configuration: parseConfiguration(document), text: JSON.stringify(document) };
}
