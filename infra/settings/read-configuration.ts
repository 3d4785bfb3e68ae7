import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseConfigurationFile } from "../../src/contract/configuration/configuration-file.ts";
import { ConfigurationError } from "../../src/contract/configuration/configuration.ts";

/**
 * Reads and validates a configuration file, YAML or JSON. Returns the JSON text for the functions.
 * @throws {ConfigurationError} with all problems, also when the file cannot be read.
 */
export function readConfigurationFile(file: string | URL): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unreadable";
    throw new ConfigurationError([`configuration: cannot be read (${why})`], { cause });
  }
  const folder = dirname(file instanceof URL ? fileURLToPath(file) : file);
  return parseConfigurationFile(text, (name) => readFileSync(resolve(folder, name), "utf8")).text;
}
