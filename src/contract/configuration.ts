import * as z from "zod";
import { isRepositoryName } from "../oci/reference.ts";
import { REGISTRY_OPERATIONS } from "../oci/registry-error.ts";
import { dotPath } from "./dot-path.ts";
import { compileGlobs, globProblem, isGlob } from "./glob.ts";
import type { RegistryAccess } from "./provider.ts";
import { CIRCUIT } from "./limits.ts";
import { PROVIDERS } from "./providers.ts";
import { ScheduleExpression, TimeZone } from "./schedule.ts";
import { targetCollisions } from "./target-collisions.ts";

const RepositoryName = z.string().refine(isRepositoryName, "is not a repository name");
const Name = z.string().regex(/^[a-z][a-z0-9-]{0,23}$/, "is not a short name (lower case, digits, -, at most 24)");
const Glob = z
  .string()
  .min(1)
  .max(256)
  .superRefine((pattern, context) => {
    const problem = globProblem(pattern);
    if (problem !== undefined) context.addIssue({ code: "custom", message: `"${pattern}" ${problem}` });
  });

/** The registry images are pushed to: one ECR registry, that is, one account and region. */
const Source = z.strictObject(PROVIDERS.ecr.options);

/** When a destination that fails is left alone; see `CIRCUIT` for what the defaults mean. */
const Circuit = z.strictObject({
  /** What is judged: the calls of the last seconds, or the last calls. */
  window: z
    .union([
      z.strictObject({ seconds: z.int().min(10).max(600) }),
      z.strictObject({ calls: z.int().min(10).max(10_000) }),
    ])
    .default({ seconds: CIRCUIT.windowSeconds }),
  minimumCalls: z.int().min(1).default(CIRCUIT.minimumCalls),
  failureRate: z.number().gt(0).max(1).default(CIRCUIT.failureRate),
  slowRate: z.number().gt(0).max(1).default(CIRCUIT.slowRate),
});

/** What every destination has beside the options of its kind. */
const placement = {
  name: Name,
  /** Repository path everything goes under: for Artifact Registry `project/repository`. */
  prefix: RepositoryName,
  /**
   * Requests per second that everything together sends at most. The default keeps one project within Artifact Registry's
   * quota of 18,000 writes a minute, even if every request were one.
   */
  requestsPerSecond: z.int().min(1).max(10_000).default(250),
  circuit: Circuit.prefault({}),
};

/** A place images are replicated to. */
const Destination = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("artifactRegistry"), ...placement, ...PROVIDERS.artifactRegistry.options }),
    z.strictObject({ kind: z.literal("generic"), ...placement, ...PROVIDERS.generic.options }),
  ],
  { error: "is none of the kinds known: artifactRegistry, generic" },
);

const Rule = z.strictObject({
  /** Which source repositories: globs. */
  repositories: z.array(Glob).min(1),
  /** Which tags: globs. */
  tags: z.array(Glob).min(1).default(["*"]),
  /** Names of destinations. */
  destinations: z.array(Name).min(1),
  /** Another name at the target; only for a rule of exactly one repository. */
  as: RepositoryName.optional(),
});

/** How requests are tried again in place: a preset, and what is different for some operations. */
const Retries = z.strictObject({
  preset: z.enum(["off", "standard", "patient"]).default("standard"),
  operations: z
    .partialRecord(
      z.enum(REGISTRY_OPERATIONS),
      z.strictObject({
        /** Tries in all, the first one included. */
        tries: z.int().min(1).max(10).optional(),
        /** Full jitter: a wait is uniform in [0, baseMs * 2^n) milliseconds. */
        baseMs: z.int().min(0).max(60_000).optional(),
        /** The longest wait a busy registry is given in place, in milliseconds. */
        busyMs: z.int().min(0).max(60_000).optional(),
      }),
    )
    .default({}),
});

/** A comparison that begins by the clock. */
const NamedSchedule = z.strictObject({
  name: Name,
  /** When: `cron(...)` or `rate(...)` of EventBridge Scheduler. */
  at: ScheduleExpression,
  /** What a cron's hours mean. */
  timeZone: TimeZone.default("UTC"),
  include: z.array(Glob).min(1).default(["**"]),
  exclude: z.array(Glob).default([]),
});

/** The comparison that finds what no event told: which repositories, and how often. */
const Reconcile = z.strictObject({
  include: z.array(Glob).min(1).default(["**"]),
  exclude: z.array(Glob).default([]),
  everyMinutes: z.int().min(1).max(4_320).default(10),
  /** A push younger than this is left to its event. */
  graceSeconds: z.int().min(1).max(3_600).default(60),
  /** Comparisons beside the regular one, each at times of its own: of what it leaves out, or more rarely of everything. */
  schedules: z.array(NamedSchedule).max(20).default([]),
});

const Document = z.strictObject({
  version: z.literal(1),
  source: Source,
  destinations: z.array(Destination).min(1),
  rules: z.array(Rule).min(1),
  /** An index whose children are not all at the source: a failure, or copied as it is. */
  sparseIndexes: z.enum(["fail", "keep"]).default("fail"),
  retries: Retries.default({ preset: "standard", operations: {} }),
  reconcile: Reconcile.prefault({}),
});

/** The configuration as written. */
export type ConfigurationDocument = z.input<typeof Document>;
export type Source = z.infer<typeof Source>;
export type Destination = z.infer<typeof Destination>;

/** How to reach the source. */
export function sourceAccess(source: Source): RegistryAccess {
  return PROVIDERS.ecr.access(source);
}

/** How to reach a destination. */
export function destinationAccess(destination: Destination): RegistryAccess {
  return destination.kind === "generic"
    ? PROVIDERS.generic.access(destination)
    : PROVIDERS.artifactRegistry.access(destination);
}

/** One rule, its patterns compiled. */
export interface Rule extends z.infer<typeof Rule> {
  matchesRepository(repository: string): boolean;
  matchesTag(tag: string): boolean;
}

/** Some of the repositories. */
interface Selection {
  /** Is a repository compared, as far as the rules want it at all? */
  readonly matches: (repository: string) => boolean;
}

export interface Configuration {
  readonly source: Source;
  readonly destinations: readonly Destination[];
  readonly rules: readonly Rule[];
  readonly sparseIndexes: "fail" | "keep";
  readonly retries: z.infer<typeof Retries>;
  readonly reconcile: Selection & {
    readonly everyMinutes: number;
    readonly graceSeconds: number;
    readonly schedules: readonly (Selection & Pick<z.infer<typeof NamedSchedule>, "name" | "at" | "timeZone">)[];
  };
}

/** The configuration cannot be used; each problem names its field. */
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
  const result = Document.safeParse(document);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${dotPath(issue.path) || "configuration"}: ${issue.message}`);
    throw new ConfigurationError(problems, { cause: result.error });
  }
  const { source, destinations, retries, sparseIndexes } = result.data;
  const rules = result.data.rules.map((rule) => ({
    ...rule,
    matchesRepository: compileGlobs(rule.repositories),
    matchesTag: compileGlobs(rule.tags),
  }));
  const problems = [
    ...nameProblems(destinations, rules),
    ...twice(result.data.reconcile.schedules).map((name) => `reconcile.schedules: "${name}" is defined twice`),
    ...hostProblems(source, destinations),
    ...targetCollisions(destinations, rules),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { schedules, ...regular } = result.data.reconcile;
  const reconcile = { ...selecting(regular), schedules: schedules.map(selecting) };
  return { source, destinations, rules, retries, sparseIndexes, reconcile };
}

/** Globs become a test. */
function selecting<T extends { readonly include: readonly string[]; readonly exclude: readonly string[] }>(
  globs: T,
): Omit<T, "include" | "exclude"> & Selection {
  const { include, exclude, ...rest } = globs;
  const [isIncluded, isExcluded] = [compileGlobs(include), compileGlobs(exclude)];
  return { ...rest, matches: (repository) => isIncluded(repository) && !isExcluded(repository) };
}

/** {@link parseConfiguration} of JSON text. @throws {ConfigurationError} also when the text is no JSON. */
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

function nameProblems(destinations: readonly Destination[], rules: readonly Rule[]): string[] {
  const names = destinations.map((destination) => destination.name);
  const unknown = rules.flatMap((rule, index) =>
    rule.destinations
      .filter((name) => !names.includes(name))
      .map((name) => `rules[${index}].destinations: "${name}" is not a destination (known: ${names.join(", ")})`),
  );
  const renamed = rules.flatMap((rule, index) =>
    rule.as !== undefined && (rule.repositories.length > 1 || rule.repositories.some(isGlob))
      ? [`rules[${index}].as: needs a rule of exactly one repository, without wildcards`]
      : [],
  );
  return [...twice(destinations).map((name) => `destinations: "${name}" is defined twice`), ...unknown, ...renamed];
}

function twice(named: readonly { readonly name: string }[]): string[] {
  const names = named.map(({ name }) => name);
  return names.filter((name, index) => names.indexOf(name) !== index);
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

function hostProblems(source: Source, destinations: readonly Destination[]): string[] {
  const plain = [
    ...(source.plainHttp ? [{ field: "source.plainHttp", host: source.registry ?? "Amazon ECR" }] : []),
    ...destinations.flatMap((d, i) =>
      d.plainHttp ? [{ field: `destinations[${i}].plainHttp`, host: d.registry }] : [],
    ),
  ];
  const refused = plain
    .filter(({ host }) => !LOOPBACK.test(host))
    .map(({ field, host }) => `${field}: plain HTTP is only for loopback hosts, not for ${host}`);
  const ownProblem = PROVIDERS.ecr.problem(source);
  const mistaken = destinations.flatMap((d, i) => {
    const problem = d.kind === "artifactRegistry" ? PROVIDERS.artifactRegistry.problem(d) : undefined;
    return problem === undefined ? [] : [`destinations[${i}].${problem.field}: ${problem.text}`];
  });
  return [
    ...refused,
    ...(ownProblem === undefined ? [] : [`source.${ownProblem.field}: ${ownProblem.text}`]),
    ...mistaken,
    ...destinations.flatMap((d, i) => (isShut(d) ? [`destinations[${i}].federation: ${SHUT}`] : [])),
    ...destinations.flatMap((d, i) => (isSource(source, d) ? [`destinations[${i}].registry: ${LOOP}`] : [])),
  ];
}

const SHUT = "is missing: Google lets nobody write without a login (docs/google-setup.md)";

function isShut(destination: Destination): boolean {
  return (
    !destination.plainHttp &&
    destination.kind === "artifactRegistry" &&
    destinationAccess(destination).login.kind === "anonymous"
  );
}

const LOOP = "is the source itself; what is copied there would be copied again, without end";

function isSource({ account, region, registry }: Source, destination: Destination): boolean {
  const host = destination.registry.toLowerCase();
  return host === registry?.toLowerCase() || (host.startsWith(`${account}.dkr`) && host.includes(`.${region}.`));
}
