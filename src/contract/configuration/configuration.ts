import * as z from "zod";
import { Document } from "./configuration-document.ts";
import type { Destination, NamedSchedule, Retries } from "./configuration-document.ts";
import type { Source } from "../source/source-document.ts";
import { documentProblems } from "./configuration-problems.ts";
import { fieldPath } from "../../oci/json/field-path.ts";
import { documentVersion } from "../layers/document-version.ts";
import { accountAndRegion } from "../providers/ecr.ts";
import { compileTrustedRoots } from "../gate/trusted-root.ts";
import { compileGlobs } from "../patterns/glob.ts";
import { compileRules, enginesOfRules } from "../rules/compile-rules.ts";
import type { Rule } from "../rules/compile-rules.ts";
import { loadEngines } from "./load-engines.ts";
import type { PatternEngines } from "../patterns/pattern-engines.ts";
import { unreadableRules } from "./readable-repositories.ts";
import { sharedPlaces } from "./shared-places.ts";
import { uncoveredCanary } from "../rules/canary-cover.ts";
import { CANARY_TAG } from "../stack/limits.ts";
import { compileBackfill } from "../stack/backfill.ts";
import type { BackfillSetting } from "../stack/backfill.ts";
import type { StackSettings } from "./stack-settings.ts";
import { withoutSchemaLink } from "./without-schema-link.ts";

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
  /** In the order of their priority. */
  readonly rules: readonly Rule[];
  readonly sparseIndexes: "fail" | "keep";
  readonly retries: z.infer<typeof Retries>;
  /** Whether builds run copies that take longer than a function may. */
  readonly longLane: boolean;
  /** How the stack runs. */
  readonly stack: StackSettings;
  readonly reconcile: Selection & {
    readonly everyMinutes: number;
    readonly graceSeconds: number;
    readonly backfill: BackfillSetting;
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
 * Checks and compiles a configuration. @param engines those that its rules need, see {@link loadConfiguration}.
 * @throws {ConfigurationError} with every problem found.
 */
export function parseConfiguration(document: unknown, engines: PatternEngines = {}): Configuration {
  return compileConfiguration(readDocument(document), documentVersion(document), engines);
}

/** {@link parseConfiguration} that loads the engines of patterns, of which most configurations need none. */
export async function loadConfiguration(document: unknown): Promise<Configuration> {
  const read = readDocument(document);
  return compileConfiguration(read, documentVersion(document), await loadEngines(enginesOfRules(read.rules)));
}

/** The document with its defaults. @throws {ConfigurationError} with every field that is not well-formed. */
export function readDocument(document: unknown): z.output<typeof Document> {
  const result = Document.safeParse(withAccountFromHost(document));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${fieldPath(issue.path) || "configuration"}: ${issue.message}`);
  throw new ConfigurationError(problems, { cause: result.error });
}

function compileConfiguration(
  document: z.output<typeof Document>,
  version: string,
  engines: PatternEngines,
): Configuration {
  const { source, destinations, retries, sparseIndexes, longLane, stack } = document;
  const ofRoots: string[] = [];
  const trustedRoots = compileTrustedRoots(document.trustedRoots, ofRoots);
  const { rules, problems: ofRules } = compileRules(document.rules, engines, trustedRoots);
  const unreadable = source.repositories === undefined ? [] : unreadableRules({ source, rules }, { source, rules });
  const problems = [
    ...documentProblems(document),
    ...sharedPlaces(destinations),
    ...ofRoots,
    ...ofRules,
    ...unreadable,
    ...canaryProblems(document, rules),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { schedules, backfill, ...regular } = document.reconcile;
  const reconcile = {
    ...compileSelection(regular),
    backfill: compileBackfill(backfill),
    schedules: schedules.map(compileSelection),
  };
  return { version, source, destinations, rules, retries, sparseIndexes, longLane, stack, reconcile };
}

/** Problems of the canary's place, and of what it needs. */
function canaryProblems(
  { stack: { canary, metrics }, source, destinations }: z.output<typeof Document>,
  rules: readonly Rule[],
): string[] {
  if (canary === undefined) return [];
  if (source.kind !== "ecr")
    return [`stack.canary: canaries are pushed to Amazon ECR, and the source is "${source.kind}"; omit it`];
  const silent = "stack.canary: its alarm needs stack.metrics, which are switched off; omit one of the two";
  return [
    ...(metrics ? [] : [silent]),
    ...uncoveredCanary({ repository: canary.repository, tag: CANARY_TAG }, destinations, rules),
  ];
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

/** The document in a JSON text. @throws {ConfigurationError} when the text is not JSON. */
export function parseDocumentText(text: string): unknown {
  try {
    return withoutSchemaLink(JSON.parse(text));
  } catch (cause) {
    throw new ConfigurationError(
      [`configuration: is not JSON (${cause instanceof Error ? cause.message : "unreadable"})`],
      { cause },
    );
  }
}
