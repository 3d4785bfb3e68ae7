import { didYouMean } from "./did-you-mean.ts";
import { configurationFieldNames } from "./configuration-document.ts";
import { ConfigurationError, parseConfiguration } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { parseYaml } from "./yaml-document.ts";
import type { YamlDocument } from "./yaml-document.ts";

/** A configuration, and the JSON text of it that the functions get. */
export interface ConfigurationFile {
  readonly configuration: Configuration;
  readonly text: string;
}

/** Far more than fits into a function's variables, and little enough to be parsed at once. */
const FILE_MAX_BYTES = 262_144;

/**
 * Reads a configuration that people wrote: YAML, of which JSON is a part.
 * @throws {ConfigurationError} naming everything that is wrong, by line, column and field.
 */
export function parseConfigurationFile(written: string): ConfigurationFile {
  if (Buffer.byteLength(written) > FILE_MAX_BYTES) {
    throw new ConfigurationError([
      `configuration: has more than ${FILE_MAX_BYTES} bytes, and no stack can take so much`,
    ]);
  }
  const document = parseYaml(written);
  if (document.problems.length > 0) {
    throw new ConfigurationError(
      document.problems.map(
        ({ line, column, text }) => `line ${line}, column ${column}: configuration: is neither YAML nor JSON (${text})`,
      ),
    );
  }
  try {
    return { configuration: parseConfiguration(document.value), text: JSON.stringify(document.value) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.flatMap((problem) => placed(problem, document));
    throw new ConfigurationError([...new Set(problems)], { cause: error });
  }
}

/** A problem with its line and column; of several unknown fields each by itself, with the name that was probably meant. */
function placed(problem: string, { positionOf }: YamlDocument): string[] {
  const [, named = "", text = problem] = /^([\w.[\]-]+): (.*)$/s.exec(problem) ?? [];
  const field = named === "configuration" ? "" : named;
  const unknown = /^Unrecognized keys?: (.+)$/.exec(text)?.[1];
  if (unknown === undefined) return [`${positionOf(field)}: ${problem}`];
  return [...unknown.matchAll(/"([^"]*)"/g)].map(([, key = ""]) => {
    const path = field === "" ? key : `${field}.${key}`;
    const meant = didYouMean(key, configurationFieldNames());
    return `${positionOf(path)}: ${path}: there is no such field${meant === undefined ? "" : `; did you mean ${meant}?`}`;
  });
}
