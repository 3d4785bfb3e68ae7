import { parsePlatform } from "../../oci/platform.ts";
import type { PlatformFilter } from "../../oci/platform.ts";
import { compileGate } from "../gate/gate-document.ts";
import type { GateContext } from "../gate/signers-document.ts";
import type { TrustedRoot } from "../gate/trusted-root.ts";
import { compileTypes } from "../patterns/type-patterns.ts";
import { compileDeletes, compileRetention } from "./deletes-document.ts";
import type { DeletePolicy, RetentionPolicy } from "./deletes-document.ts";
import { compilePatterns, coveringGlobs, enginesOf, loaded } from "../patterns/compile-patterns.ts";
import type { PatternCompiler } from "../patterns/compile-patterns.ts";
import { nameCollisions } from "./name-collisions.ts";
import { renderName } from "./name-template.ts";
import type { NeededEngines, PatternEngines, PushedTag } from "../patterns/pattern-engines.ts";
import type { RuleDocument } from "./rule-document.ts";

/** A rule with compiled patterns; a `ReplicationRule`, which explains the fields. */
export interface Rule extends Pick<RuleDocument, "priority" | "destinations" | "untagged" | "notify" | "as"> {
  readonly name: string;
  /** Its place in the document, counted from 0. */
  readonly index: number;
  /** Globs that together match at least its repositories. */
  readonly repositoryGlobs: readonly string[];
  readonly matchesRepository: (repository: string) => boolean;
  readonly excludesRepository: ((repository: string) => boolean) | undefined;
  readonly matchesTag: (tag: string) => boolean;
  readonly excludesTag: ((tag: string) => boolean) | undefined;
  readonly acceptsType: ((artifactType: string) => boolean) | undefined;
  readonly latest: LatestTags | undefined;
  readonly minAgeMs: number | undefined;
  readonly platforms: PlatformFilter | undefined;
  readonly gate: ReturnType<typeof compileGate> | undefined;
  readonly preCopy: boolean;
  readonly conflict: ConflictPolicy;
  readonly deletes: DeletePolicy | undefined;
  readonly retention: RetentionPolicy | undefined;
  readonly targetName: (repository: string) => string;
}

type ConflictPolicy =
  | { readonly strategy: Exclude<RuleDocument["conflict"], object | "converge"> }
  | { readonly strategy: "converge"; readonly keepsDeletes: boolean }
  | { readonly strategy: "rename"; readonly template: string };

interface LatestTags {
  readonly count: number;
  readonly by: "pushed" | "version";
  readonly ranks: (tag: string) => boolean;
  readonly newestFirst: <T extends PushedTag>(tags: readonly T[]) => T[];
  readonly isNewer: (one: PushedTag, other: PushedTag) => boolean;
}

/** Compiled rules in the order of their priority, and problems: one line each, with the field. */
export interface CompiledRules {
  readonly rules: readonly Rule[];
  readonly problems: readonly string[];
}

const MINUTE_MS = 60_000;

/** @param trustedRoots those that gates may name. */
export function compileRules(
  documents: readonly RuleDocument[],
  engines: PatternEngines,
  trustedRoots: readonly TrustedRoot[] = [],
): CompiledRules {
  const problems: string[] = [];
  const rules = documents.map((document, index) => compileRule(document, index, { engines, problems, trustedRoots }));
  const naming = rules.map((rule) => ({ ...rule, excludedGlobs: excludedGlobs(documents[rule.index]) }));
  return {
    rules: rules.toSorted((a, b) => b.priority - a.priority),
    problems: [
      ...problems,
      ...earlyLeavers(documents),
      ...sameNames(rules),
      ...keptTooFew(rules),
      ...nameCollisions(naming),
    ],
  };
}

/** Which engines the rules need. */
export function enginesOfRules(documents: readonly RuleDocument[]): NeededEngines {
  const needed = documents.flatMap(({ repositories, tags, exclude }) =>
    [repositories, tags, exclude?.repositories ?? [], exclude?.tags ?? []].map(enginesOf),
  );
  return {
    regex: needed.some(({ regex }) => regex),
    versions: needed.some(({ versions }) => versions) || documents.some(({ latest }) => latest?.by === "version"),
  };
}

/** How long rules let images wait for a destination at most, in milliseconds. */
export function longestHoldMs(rules: readonly Rule[], destination: string): number {
  const own = rules.filter(({ destinations }) => destinations.includes(destination));
  return own.reduce((longest, { minAgeMs = 0, gate }) => Math.max(longest, minAgeMs + (gate?.waitMs ?? 0)), 0);
}

/** True if a gate asks for results of scans. */
export function readsScans(rules: readonly Pick<Rule, "gate">[]): boolean {
  return rules.some(({ gate }) => gate?.scan !== undefined);
}

function compileConflict({ conflict, deletes }: RuleDocument): ConflictPolicy {
  if (typeof conflict !== "string") return { strategy: "rename", template: conflict.rename };
  // In a circle, what one registry has deleted must not come back from another one before the delete has gone round.
  return conflict === "converge" ? { strategy: conflict, keepsDeletes: deletes !== "ignore" } : { strategy: conflict };
}

function compileRule(document: RuleDocument, index: number, compiler: PatternCompiler & GateContext): Rule {
  const { repositories, tags, exclude, priority, destinations, untagged, notify, as, minAgeMinutes } = document;
  const compile = (field: string, patterns: readonly Parameters<typeof compilePatterns>[0][number][]) =>
    compilePatterns(patterns, `rules[${index}].${field}`, compiler);
  const compileIf = (field: string, patterns: Parameters<typeof compile>[1] | undefined) =>
    patterns && compile(field, patterns);
  return {
    priority,
    destinations,
    untagged,
    notify,
    as,
    index,
    name: document.name ?? `rule ${index + 1}`,
    repositoryGlobs: coveringGlobs(repositories),
    matchesRepository: rememberLast(compile("repositories", repositories)),
    excludesRepository: compileIf("exclude.repositories", exclude?.repositories),
    matchesTag: compile("tags", tags),
    excludesTag: compileIf("exclude.tags", exclude?.tags),
    acceptsType: compileArtifactTypes(document),
    latest: compileLatest(document, compiler.engines),
    minAgeMs: minAgeMinutes && minAgeMinutes * MINUTE_MS,
    conflict: compileConflict(document),
    platforms: compilePlatforms(document, index, compiler.problems),
    gate: document.gate && compileGate(document.gate, `rules[${index}].gate`, compiler),
    preCopy: document.preCopy ?? selectsEveryTag(document),
    deletes: compileDeletes(document.deletes),
    retention: compileRetention(document.retention),
    targetName: as === undefined ? (repository) => repository : (repository) => renderName(as, repository),
  };
}

/** A pre-copy sends blobs before a gate is asked. */
function earlyLeavers(documents: readonly RuleDocument[]): string[] {
  return documents.flatMap(({ gate, preCopy }, index) =>
    gate !== undefined && preCopy === true
      ? [`rules[${index}].preCopy: blobs would leave the source before its gate is asked; omit it`]
      : [],
  );
}

function excludedGlobs(document: RuleDocument | undefined): string[] {
  return (document?.exclude?.repositories ?? []).filter((pattern) => typeof pattern === "string");
}

/** A comparison asks every rule about one repository for each of its images. */
function rememberLast(matches: (repository: string) => boolean): (repository: string) => boolean {
  let last: { readonly repository: string; readonly matched: boolean } | undefined;
  return (repository) => {
    if (last?.repository !== repository) last = { repository, matched: matches(repository) };
    return last.matched;
  };
}

function selectsEveryTag({ tags, exclude, latest, retention, ...rule }: RuleDocument): boolean {
  const { minAgeMinutes, artifactTypes, gate } = rule;
  const limits = [exclude?.tags, latest, retention, minAgeMinutes, artifactTypes, gate];
  const isLimited = limits.some((limit) => limit !== undefined);
  return tags.includes("*") && !isLimited;
}

function compileArtifactTypes({ artifactTypes }: RuleDocument): Rule["acceptsType"] {
  if (artifactTypes === undefined) return undefined;
  const { include = ["*/*"], exclude = [] } = artifactTypes;
  const [includes, excludes] = [compileTypes(include), compileTypes(exclude)];
  return (type) => includes(type) && !excludes(type);
}

function compilePlatforms(
  { platforms, untagged }: RuleDocument,
  index: number,
  problems: string[],
): PlatformFilter | undefined {
  if (platforms?.keep === "strip" && untagged) {
    const problem = "a stripped index has another digest, and untagged images are named by theirs";
    problems.push(`rules[${index}].platforms.keep: ${problem}; use "sparse", or another rule for untagged images`);
  }
  return platforms && { ...platforms, include: platforms.include.map(parsePlatform) };
}

/** What is not kept is not copied either: it would come and go. */
function compileLatest(
  { retention, latest = retention && { count: retention.keepLatest, by: "pushed" } }: RuleDocument,
  { versions }: PatternEngines,
): LatestTags | undefined {
  if (latest === undefined) return undefined;
  if (latest.by === "pushed") return { ...latest, ...BY_PUSH };
  const { isVersion, newestFirst, isNewer } = loaded(versions);
  return { ...latest, ranks: isVersion, newestFirst, isNewer };
}

/** Tags of one image have one time: they follow each other by name, so that the order is the same everywhere. */
const comparePushes = (a: PushedTag, b: PushedTag): number =>
  b.pushedAt - a.pushedAt || (a.tag < b.tag ? -1 : Number(a.tag > b.tag));

const BY_PUSH: Pick<LatestTags, "ranks" | "newestFirst" | "isNewer"> = {
  ranks: () => true,
  newestFirst: (tags) => tags.toSorted(comparePushes),
  isNewer: (one, other) => comparePushes(one, other) < 0,
};

function keptTooFew(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ latest, retention, index }) =>
    latest !== undefined && retention !== undefined && latest.count > retention.keepLatest
      ? [`rules[${index}].retention.keepLatest: is less than latest.count; what is copied would be deleted again`]
      : [],
  );
}

function sameNames(rules: readonly Rule[]): string[] {
  const first = new Map<string, number>();
  return rules.flatMap(({ name, index }) => {
    const other = first.get(name);
    if (other === undefined) first.set(name, index);
    return other === undefined ? [] : [`rules[${index}].name: "${name}" is the name of rules[${other}], too`];
  });
}
