import { parse } from "yaml";
import { ConfigurationError, parseConfiguration } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";

/** A configuration, and the JSON text of it that the functions get. */
export interface ConfigurationFile {
  readonly configuration: Configuration;
  readonly text: string;
}

/**
 * Reads a configuration that people wrote: YAML, of which JSON is a part.
 * @throws {ConfigurationError} naming what is wrong, by field, or where it is no YAML.
 */
export function parseConfigurationFile(written: string): ConfigurationFile {
  let document: unknown;
  try {
    document = parse(written);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unreadable";
    throw new ConfigurationError([`configuration: is neither YAML nor JSON (${why})`], { cause });
  }
  return { configuration: parseConfiguration(document), text: JSON.stringify(document) };
}
