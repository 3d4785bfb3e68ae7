import { didYouMean } from "./did-you-mean.ts";
import { configurationFieldNames } from "./configuration-document.ts";
import { ConfigurationError, parseConfiguration } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { parseYaml } from "./yaml-document.ts";
import type { YamlDocument } from "./yaml-document.ts";

/** A configuration, and its JSON text for the functions. */
export interface ConfigurationFile {
  readonly configuration: Configuration;
  readonly text: string;
}

/** Limit for a file: far more than a function's variables can hold, and small enough to parse. */
const FILE_MAX_BYTES = 262_144;

/**
 * Parses a configuration file, YAML or JSON.
 * @throws {ConfigurationError} with all problems, each with line, column and field.
 */
export function parseConfigurationFile(text: string): ConfigurationFile {
  if (Buffer.byteLength(text) > FILE_MAX_BYTES) {
    throw new ConfigurationError([`configuration: is larger than ${FILE_MAX_BYTES} bytes, which no stack can hold`]);
  }
  const document = parseYaml(text);
  if (document.problems.length > 0) {
    throw new ConfigurationError(
      document.problems.map(
        (problem) =>
          `line ${problem.line}, column ${problem.column}: configuration: is neither YAML nor JSON (${problem.text})`,
      ),
    );
  }
  try {
    return { configuration: parseConfiguration(document.value), text: JSON.stringify(document.value) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.flatMap((problem) => withPosition(problem, document));
    throw new ConfigurationError([...new Set(problems)], { cause: error });
  }
}

/** A problem with its line and column. Unknown fields become one problem each, with a suggestion. */
function withPosition(problem: string, { positionOf }: YamlDocument): string[] {
  const [, named = "", text = problem] = /^([\w.[\]-]+): (.*)$/s.exec(problem) ?? [];
  const field = named === "configuration" ? "" : named;
  const unknown = /^Unrecognized keys?: (.+)$/.exec(text)?.[1];
  if (unknown === undefined) return [`${positionOf(field)}: ${problem}`];
  return [...unknown.matchAll(/"([^"]*)"/g)].map(([, key = ""]) => {
    const path = field === "" ? key : `${field}.${key}`;
    const meant = didYouMean(key, configurationFieldNames());
    return `${positionOf(path)}: ${path}: unknown field${meant === undefined ? "" : `; did you mean ${meant}?`}`;
  });
}
