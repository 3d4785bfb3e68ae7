import { readFileSync } from "node:fs";
import { parseConfigurationFile } from "../../src/contract/configuration/configuration-file.ts";
import { ConfigurationError } from "../../src/contract/configuration/configuration.ts";

/**
 * The configuration in a file, YAML or JSON, checked, as the JSON text that the functions get.
 * @throws {ConfigurationError} naming what is wrong, by field, also when the file cannot be read.
 */
export function readConfigurationFile(file: string | URL): string {
  let written: string;
  try {
    written = readFileSync(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unreadable";
    throw new ConfigurationError([`configuration: cannot be read (${why})`], { cause });
  }
  return parseConfigurationFile(written).text;
}
