import { didYouMean } from "./did-you-mean.ts";
import { configurationFieldNames } from "./configuration-document.ts";
import { ConfigurationError, parseConfiguration } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";
import { parseYaml } from "./yaml-document.ts";
import type { YamlDocument } from "./yaml-document.ts";
import { plainIssue } from "../../oci/json/plain-issue.ts";
import { withoutSchemaLink } from "./without-schema-link.ts";
import { readTrustedRoots } from "../gate/trusted-root-files.ts";
import type { ReadFile } from "../gate/trusted-root-files.ts";
import { ENGINES } from "../patterns/all-engines.ts";

/** A configuration, and its JSON text for the functions. */
export interface ConfigurationFile {
  readonly configuration: Configuration;
  readonly text: string;
}

/** Limit for a document: what AWS AppConfig can host (AppConfig quotas, "Configuration size limit"), and small enough to parse. */
const DOCUMENT_MAX_BYTES = 1_048_576;

/**
 * Parses a configuration file, YAML or JSON. @param readFile the text of a file that it names, relative to it.
 * @throws {ConfigurationError} with all problems, each with line, column and field.
 */
export function parseConfigurationFile(text: string, readFile?: ReadFile): ConfigurationFile {
  const document = readDocumentFile(text);
  const value = readFile === undefined ? document.value : withTrustedRoots(document, readFile);
  try {
    return { configuration: parseConfiguration(value, ENGINES), text: JSON.stringify(value) };
  } catch (error) {
    throw withPositions(error, document.positionOf);
  }
}

/**
 * Parses the text of a document, YAML or JSON, and checks nothing else.
 * @throws {ConfigurationError} when it is neither, or too large.
 */
export function readDocumentFile(text: string): YamlDocument {
  if (Buffer.byteLength(text) > DOCUMENT_MAX_BYTES) {
    throw new ConfigurationError([
      `configuration: is larger than ${DOCUMENT_MAX_BYTES} bytes, which no stack can hold`,
    ]);
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
  return { ...document, value: withoutSchemaLink(document.value) };
}

/**
 * The value of a document, with the trusted roots that are in files of their own. @param readFile see {@link parseConfigurationFile}.
 * @throws {ConfigurationError} for a file that cannot be read or is not JSON, with line and column.
 */
export function withTrustedRoots({ value, positionOf }: YamlDocument, readFile: ReadFile): unknown {
  const read = readTrustedRoots(value, readFile);
  if (read.problems.length > 0) throw withPositions(new ConfigurationError(read.problems), positionOf);
  return read.value;
}

/** Where a field is, such as `line 3, column 5`; undefined for a field of another document. */
export type PositionOf = (field: string) => string | undefined;

/** The same error with the positions of its problems, and with suggestions; another error as it is. */
export function withPositions(error: unknown, positionOf: PositionOf): unknown {
  if (!(error instanceof ConfigurationError)) return error;
  const problems = error.problems.flatMap((problem) => withPosition(problem, positionOf));
  return new ConfigurationError([...new Set(problems)], { cause: error });
}

/** A problem whose text is not that of zod. */
function plain(field: string, text: string): string {
  return field === "" ? plainIssue(text) : `${field}: ${plainIssue(text)}`;
}

/** A problem with its line and column. Unknown fields become one problem each, with a suggestion. */
function withPosition(problem: string, positionOf: PositionOf): string[] {
  const placed = (field: string, said: string): string => [positionOf(field), said].filter(Boolean).join(": ");
  const [, named = "", text = problem] = /^([\w.[\]-]+): (.*)$/s.exec(problem) ?? [];
  const field = named === "configuration" ? "" : named;
  const unknown = /^Unrecognized keys?: (.+)$/.exec(text)?.[1];
  if (unknown === undefined) return [placed(field, plain(named, text))];
  return [...unknown.matchAll(/"([^"]*)"/g)].map(([, key = ""]) => {
    const path = field === "" ? key : `${field}.${key}`;
    const meant = didYouMean(key, configurationFieldNames());
    return placed(path, `${path}: unknown field${meant === undefined ? "" : `; did you mean ${meant}?`}`);
  });
}
