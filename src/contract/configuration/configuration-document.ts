import * as z from "zod";
import { BackfillDocument } from "../stack/backfill.ts";
import { isRepositoryName } from "../../oci/reference.ts";
import { REGISTRY_OPERATIONS } from "../../oci/errors/registry-error.ts";
import { TrustedRootDocument } from "../gate/trusted-root.ts";
import { LONGEST } from "../patterns/glob.ts";
import { globOf } from "../patterns/pattern.ts";
import { RULE_PARTS, RuleDocument, ShortName as Name } from "../rules/rule-document.ts";
import { CIRCUIT } from "../stack/limits.ts";
import { Federation } from "../providers/provider.ts";
import type { OptionProblem, RegistryAccess } from "../providers/provider.ts";
import { destinationKinds, registryOfKind, destinationOptions, unknownKindProblem } from "../providers/providers.ts";
import type { PROVIDERS } from "../providers/providers.ts";
import { Source, sourceFieldNames } from "../source/source-document.ts";
import type { WrittenSource } from "../source/source-document.ts";
import { ScheduleExpression, TimeZone } from "./schedule.ts";
import { STACK_PARTS, StackSettings } from "./stack-settings.ts";

const RepositoryName = z.string().refine(isRepositoryName, "is not a repository name");
const Glob = globOf(LONGEST.repository);

/** When the circuit of a failing destination opens; `CIRCUIT` explains the defaults. */
const Circuit = z.strictObject({
  /** The calls that count: those of the last seconds, or the last N. */
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

/** Fields of every destination, in addition to the options of its kind. */
const placement = {
  name: Name,
  /** Repository path in front of every repository name: for Artifact Registry `project/repository`. */
  prefix: RepositoryName,
  /**
   * The most requests per second of all functions together. The default keeps one project within Artifact Registry's quota of 18,000
   * writes a minute, even if every request were a write.
   */
  requestsPerSecond: z.int().min(1).max(10_000).default(250),
  circuit: Circuit.prefault({}),
  /**
   * The most gigabytes a day that pre-copies send for one repository and that no tag uses: they are paid for in vain. The default holds a
   * build for many platforms. 0: no pre-copies.
   */
  preCopyGigabytesPerDay: z.number().min(0).max(100_000).default(5),
};

const Placement = z.object(placement);
/** The fields of a destination that a reload may change. */
export const reloadablePlacement = z.object({
  requestsPerSecond: placement.requestsPerSecond,
  circuit: placement.circuit,
  preCopyGigabytesPerDay: placement.preCopyGigabytesPerDay,
});

/** A place that images are replicated to. */
export interface Destination extends z.infer<typeof Placement> {
  readonly kind: string;
  /** How to reach its registry. */
  readonly access: RegistryAccess;
  /** Problems between well-formed options, found by its kind. */
  readonly problems: readonly OptionProblem[];
}

/** The fields of a destination of a known kind. */
export function destinationSchema(kind: string) {
  return z.strictObject({ ...placement, ...destinationOptions(kind), kind: z.literal(kind) });
}

/** The kind decides which fields a destination has. Kinds are looked up when a document is parsed. */
const Destination = z
  .looseObject({ kind: z.string({ error: ({ input }) => unknownKindProblem(input) }) })
  .transform((written, context): Destination => {
    const { kind } = written;
    if (destinationOptions(kind) === undefined) {
      context.addIssue({ code: "custom", path: ["kind"], message: unknownKindProblem(kind) });
      return z.NEVER;
    }
    const parsed = destinationSchema(kind).safeParse(written);
    if (!parsed.success) {
      for (const { path, message } of parsed.error.issues)
        context.addIssue({ code: "custom", path: [...path], message });
      return z.NEVER;
    }
    const place = Placement.parse(written);
    return { ...place, kind, ...registryOfKind(kind, parsed.data, place.prefix) };
  });

/** A destination in a document, of the built-in kinds. */
type WrittenDestination = z.input<typeof Placement> &
  (
    | ({ readonly kind: "ecr" } & z.input<z.ZodObject<typeof PROVIDERS.ecr.options>>)
    | ({ readonly kind: "artifactRegistry" } & z.input<z.ZodObject<typeof PROVIDERS.artifactRegistry.options>>)
    | ({ readonly kind: "generic" } & z.input<z.ZodObject<typeof PROVIDERS.generic.options>>)
  );

/** How requests are retried within one delivery: a preset, and overrides for some operations. */
export const Retries = z.strictObject({
  preset: z.enum(["off", "standard", "patient"]).default("standard"),
  operations: z
    .partialRecord(
      z.enum(REGISTRY_OPERATIONS),
      z.strictObject({
        /** Total attempts, including the first one. */
        tries: z.int().min(1).max(10).optional(),
        /** Full jitter: a backoff is uniform in [0, baseMs * 2^n) milliseconds. */
        baseMs: z.int().min(0).max(60_000).optional(),
        /** The longest in-place wait for a busy registry, in milliseconds. */
        busyMs: z.int().min(0).max(60_000).optional(),
      }),
    )
    .default({}),
});

/** A comparison that starts on a schedule. */
export const NamedSchedule = z.strictObject({
  name: Name,
  /** When: `cron(...)` or `rate(...)` of EventBridge Scheduler. */
  at: ScheduleExpression,
  /** The time zone of a cron expression. */
  timeZone: TimeZone.default("UTC"),
  include: z.array(Glob).min(1).default(["**"]),
  exclude: z.array(Glob).default([]),
});

/** The regular comparison, which finds pushes whose event was lost: which repositories, and how often. */
const Reconcile = z.strictObject({
  include: z.array(Glob).min(1).default(["**"]),
  exclude: z.array(Glob).default([]),
  everyMinutes: z.int().min(1).max(4_320).default(10),
  /** A push younger than this is ignored: its event is probably still on its way. */
  graceSeconds: z.int().min(1).max(3_600).default(60),
  /** Which images from before the deployment are copied. */
  backfill: BackfillDocument,
  /** Additional comparisons on their own schedules, for example of repositories that the regular one excludes. */
  schedules: z.array(NamedSchedule).max(20).default([]),
});

/** The whole document, with its defaults. */
export const Document = z.strictObject({
  version: z.literal(1),
  source: Source,
  destinations: z.array(Destination).min(1).max(100),
  rules: z.array(RuleDocument).min(1).max(1_000),
  /** By which gates verify identities. */
  trustedRoots: z.array(TrustedRootDocument).max(20).default([]),
  /** What happens to an index with children that are missing at the source: `fail`, or `keep` to copy it as it is. */
  sparseIndexes: z.enum(["fail", "keep"]).default("fail"),
  retries: Retries.default({ preset: "standard", operations: {} }),
  reconcile: Reconcile.prefault({}),
  /** Builds for copies that take longer than a function may. Without them, such a copy ends as a dead letter. */
  longLane: z.boolean().default(true),
  stack: StackSettings.prefault({}),
});

type Written = Omit<z.input<typeof Document>, "source" | "destinations"> & {
  readonly source: WrittenSource;
  readonly destinations: WrittenDestination[];
};
/** The input type of a configuration. With a registry of ECR's own form, account and region of the source may be omitted. */
export type ConfigurationDocument =
  | Written
  | (Omit<Written, "source"> & {
      readonly source: Omit<WrittenSource, "account" | "region"> & { readonly registry: string };
    });

/** The names of all fields, for suggestions. */
export function configurationFieldNames(): string[] {
  const shapes = [
    Document,
    ...RULE_PARTS,
    TrustedRootDocument,
    Retries,
    Reconcile,
    NamedSchedule,
    Circuit,
    Federation,
    ...STACK_PARTS,
  ].map(({ shape }) => shape);
  const options = destinationKinds().map((kind) => destinationOptions(kind) ?? {});
  return [
    ...new Set([
      "kind",
      ...sourceFieldNames(),
      ...[...shapes, placement, ...options].flatMap((shape) => Object.keys(shape)),
    ]),
  ];
}
