import * as z from "zod";
import { Document } from "./configuration-document.ts";
import type { Destination, NamedSchedule, Retries, Rule as RuleDocument, Source } from "./configuration-document.ts";
import { documentProblems } from "./configuration-problems.ts";
import { fieldPath } from "../../oci/json/field-path.ts";
import { documentVersion } from "../layers/document-version.ts";
import { accountAndRegion } from "../providers/ecr.ts";
import { compileGlobs } from "./glob.ts";
import { targetCollisions } from "./target-collisions.ts";

/** A rule with compiled patterns. */
export interface Rule extends z.infer<typeof RuleDocument> {
  matchesRepository(repository: string): boolean;
  matchesTag(tag: string): boolean;
}

/** A selection of repositories. */
interface Selection {
  /** Whether a repository is compared. Repositories that no rule copies are never compared. */
  readonly matches: (repository: string) => boolean;
}

export interface Configuration {
  /** Identifies the document: equal documents have equal versions, on every machine. Receipts and log lines name it. */
  readonly version: string;
  readonly source: Source;
  readonly destinations: readonly Destination[];
  readonly rules: readonly Rule[];
  readonly sparseIndexes: "fail" | "keep";
  readonly retries: z.infer<typeof Retries>;
  /** Whether builds run copies that take longer than a function may. */
  readonly longLane: boolean;
  readonly reconcile: Selection & {
    readonly everyMinutes: number;
    readonly graceSeconds: number;
    readonly schedules: readonly (Selection & Pick<z.infer<typeof NamedSchedule>, "name" | "at" | "timeZone">)[];
  };
}

/** The configuration is invalid; each problem names its field. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(
      `the configuration is invalid; change it and deploy again:\n${problems.map((p) => `  - ${p}`).join("\n")}`,
      options,
    );
    this.problems = problems;
  }
}

/**
 * Checks and compiles a configuration.
 * @throws {ConfigurationError} with every problem found.
 */
export function parseConfiguration(document: unknown): Configuration {
  const result = Document.safeParse(withAccountFromHost(document));
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${fieldPath(issue.path) || "configuration"}: ${issue.message}`,
    );
    throw new ConfigurationError(problems, { cause: result.error });
  }
  const { source, destinations, retries, sparseIndexes, longLane } = result.data;
  const rules = result.data.rules.map((rule) => ({
    ...rule,
    matchesRepository: compileGlobs(rule.repositories),
    matchesTag: compileGlobs(rule.tags),
  }));
  const problems = [...documentProblems(result.data), ...targetCollisions(destinations, rules)];
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { schedules, ...regular } = result.data.reconcile;
  const reconcile = { ...compileSelection(regular), schedules: schedules.map(compileSelection) };
  const version = documentVersion(document);
  return { version, source, destinations, rules, retries, sparseIndexes, longLane, reconcile };
}

/** Adds account and region from the source's host where the document omits them. */
function withAccountFromHost(document: unknown): unknown {
  const written = z.looseObject({ source: z.looseObject({ registry: z.string() }) }).safeParse(document).data;
  const named = written === undefined ? undefined : accountAndRegion(written.source.registry);
  return named === undefined ? document : { ...written, source: { ...named, ...written?.source } };
}

/** Compiles the globs of a selection. */
function compileSelection<T extends { readonly include: readonly string[]; readonly exclude: readonly string[] }>(
  globs: T,
): Omit<T, "include" | "exclude"> & Selection {
  const { include, exclude, ...rest } = globs;
  const [isIncluded, isExcluded] = [compileGlobs(include), compileGlobs(exclude)];
  return { ...rest, matches: (repository) => isIncluded(repository) && !isExcluded(repository) };
}

/** {@link parseConfiguration} of JSON text. @throws {ConfigurationError} also when the text is not JSON. */
export function parseConfigurationText(text: string): Configuration {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError(
      [`configuration: is not JSON (${cause instanceof Error ? cause.message : "unreadable"})`],
      { cause },
    );
  }
  return parseConfiguration(document);
}
