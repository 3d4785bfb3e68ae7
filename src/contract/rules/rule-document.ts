import * as z from "zod";
import { GATE_PARTS, GateDocument } from "../gate/gate-document.ts";
import { RepositoryPattern, TagPattern, TypePattern } from "../patterns/pattern.ts";
import { tagTemplateProblem, templateProblem } from "./name-template.ts";
import { Deletes, Mirror, Retention } from "./deletes-document.ts";

/** The name of a destination. */
export const ShortName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,23}$/, "is not a short name (lower case, digits, -, at most 24)");

const RuleName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?$/,
    "is not a name (letters, digits, space, . _ -, at most 64)",
  );

const NOTHING = "excludes nothing; omit it, or list what it excludes";
const EVERYTHING = "is empty; omit it, or list types";

/** The longest age: a request waits in the queue, where a message is kept for 14 days. */
const LONGEST_AGE_MINUTES = 7 * 24 * 60;
/** A rule with a larger number might as well have no limit. */
const MOST_LATEST = 10_000;
const MOST_PLATFORMS = 50;

const Exclude = z
  .strictObject({
    repositories: z.array(RepositoryPattern).min(1).optional(),
    tags: z.array(TagPattern).min(1).optional(),
  })
  .refine(({ repositories, tags }) => repositories !== undefined || tags !== undefined, NOTHING);

const Latest = z.strictObject({
  count: z.int().min(1).max(MOST_LATEST),
  by: z.enum(["pushed", "version"]).default("pushed"),
});

const ArtifactTypes = z
  .strictObject({
    include: z.array(TypePattern).min(1).optional(),
    exclude: z.array(TypePattern).min(1).optional(),
  })
  .refine(({ include, exclude }) => include !== undefined || exclude !== undefined, EVERYTHING);

const PlatformName = z
  .string()
  .regex(/^[^/]+\/[^/]+(?:\/[^/]+)?$/, "is not os/architecture or os/architecture/variant");

const Platforms = z.strictObject({
  include: z.array(PlatformName).min(1).max(MOST_PLATFORMS),
  keep: z.enum(["sparse", "strip"]),
});

const Rename = z.strictObject({
  rename: z
    .string()
    .max(100)
    .superRefine((template, context) => {
      const problem = tagTemplateProblem(template);
      if (problem !== undefined) context.addIssue({ code: "custom", message: `"${template}" ${problem}` });
    }),
});

const STRATEGIES = ["source-wins", "target-wins", "newest-wins", "skip", "fail", "merge", "converge"] as const;

const Conflict = z.union([z.enum(STRATEGIES), Rename], {
  error: `is neither ${STRATEGIES.join(", ")} nor { rename: ... }`,
});

/** Which images are copied to which destinations. For each destination, the first rule that selects an image decides. */
export const RuleDocument = z.strictObject({
  /** Unique. By default `rule 1`, `rule 2` and so on, by the place in the document. */
  name: RuleName.optional(),
  /** Rules with a higher priority come first, then those that come first in the document. */
  priority: z.int().min(-1_000_000).max(1_000_000).default(0),
  /** Which source repositories. */
  repositories: z.array(RepositoryPattern).min(1),
  /** Which tags. */
  tags: z.array(TagPattern).min(1).default(["*"]),
  /** What is not copied by this rule although the patterns select it. */
  exclude: Exclude.optional(),
  /** Copies only so many tags of a repository: the newest of those that the patterns select. */
  latest: Latest.optional(),
  /** Copies an image only when it is this old. */
  minAgeMinutes: z.int().min(1).max(LONGEST_AGE_MINUTES).optional(),
  /** Copies only images of these artifact types; see `artifactTypeOf`. */
  artifactTypes: ArtifactTypes.optional(),
  /** Copies only these platforms of an image; see `PlatformFilter`. */
  platforms: Platforms.optional(),
  /** Whether to copy untagged images, too, by their digests. */
  untagged: z.boolean().default(false),
  /** What an image must have before it leaves the source. */
  gate: GateDocument.optional(),
  /** Whether to copy the blobs of an image when its manifest is pushed, before it gets a tag. By default if the rule selects every tag. */
  preCopy: z.boolean().optional(),
  /** What to do if the target's tag names an image that Freightliner did not put there. */
  conflict: Conflict.default("source-wins"),
  /** What happens at the target when a tag is deleted at the source. */
  deletes: Deletes,
  /** Copies, and keeps at the target, only so many tags of a repository: the newest of those that the patterns select. */
  retention: Retention.optional(),
  /** Names of the channels that are told about its images; by default all, and none with an empty list. */
  notify: z.array(ShortName).max(20).optional(),
  /** Names of destinations. */
  destinations: z.array(ShortName).min(1),
  /** Another repository name at the target, or a template of it. */
  as: z
    .string()
    .min(1)
    .max(256)
    .superRefine((template, context) => {
      const problem = templateProblem(template);
      if (problem !== undefined) context.addIssue({ code: "custom", message: `"${template}" ${problem}` });
    })
    .optional(),
});
export type RuleDocument = z.infer<typeof RuleDocument>;

/** The nested objects of a rule, whose fields a suggestion may name. */
export const RULE_PARTS = [
  RuleDocument,
  Exclude,
  Latest,
  ArtifactTypes,
  Platforms,
  Rename,
  Mirror,
  Retention,
  ...GATE_PARTS,
] as const;
