import type { RuleDocument } from "../../../src/contract/rules/rule-document.ts";

// The rules once more, written as plainly as possible and straight from their documents: nothing is compiled, ordered or cached, and
// everything is known. It shares no code with what it checks.

export interface KnownImage {
  readonly repository: string;
  readonly reference: string;
  readonly pushedAt: number;
  readonly artifactType: string;
  readonly subject: string;
  readonly now: number;
}

export interface KnownTag {
  readonly tag: string;
  readonly pushedAt: number;
}

type Word = "copy" | "follow" | "no" | number;

/** `copy RULE`, `wait RULE UNTIL`, `follow RULE` or `no`. */
export function oracle(
  rules: readonly RuleDocument[],
  destination: string,
  image: KnownImage,
  tags: readonly KnownTag[],
): string {
  const said = rules
    .map((rule, index) => ({ ...rule, name: rule.name ?? `rule ${index + 1}`, word: wordOf(rule, image, tags) }))
    .filter(({ destinations, word }) => destinations.includes(destination) && word !== "no");
  const best = highest(said.filter(({ word }) => word !== "follow")) ?? highest(said);
  if (best === undefined) return "no";
  return typeof best.word === "number" ? `wait ${best.name} ${best.word}` : `${best.word} ${best.name}`;
}

/** The first of those with the highest priority. */
function highest<T extends { readonly priority: number }>(rules: readonly T[]): T | undefined {
  const top = Math.max(...rules.map(({ priority }) => priority));
  return rules.find(({ priority }) => priority === top);
}

function wordOf(rule: RuleDocument, image: KnownImage, tags: readonly KnownTag[]): Word {
  const { repository, reference } = image;
  const isHere = rule.repositories.some((pattern) => matches(pattern, repository));
  if (!isHere || rule.exclude?.repositories?.some((pattern) => matches(pattern, repository))) return "no";
  if (isAttachment(rule, image)) return "follow";
  const isUntagged = reference.startsWith("sha256:");
  if (!isUntagged && !(takesTag(rule, reference) && isLatest(rule, image, tags))) return "no";
  if (!takesType(rule, image.artifactType)) return "no";
  const until = image.pushedAt + (rule.minAgeMinutes ?? 0) * 60_000;
  return until > image.now ? until : "copy";
}

function isAttachment(rule: RuleDocument, { reference, subject }: KnownImage): boolean {
  const isPicky = [
    rule.exclude?.tags,
    rule.latest,
    rule.artifactTypes,
    rule.minAgeMinutes,
    rule.platforms,
    rule.gate,
  ].some((condition) => condition !== undefined);
  if (reference.startsWith("sha256:")) return !rule.untagged || (isPicky && subject !== "none");
  const isCosign = /^sha256-[0-9a-f]{64}\.(sig|att|sbom)$/.test(reference);
  return isCosign && (isPicky || !takesTag(rule, reference));
}

function takesType({ artifactTypes: { include = ["*/*"], exclude = [] } = {} }: RuleDocument, type: string): boolean {
  return include.some((pattern) => glob(pattern, type)) && !exclude.some((pattern) => glob(pattern, type));
}

function takesTag({ tags, exclude }: RuleDocument, tag: string): boolean {
  if (!tags.some((pattern) => matches(pattern, tag))) return false;
  return !(exclude?.tags ?? []).some((pattern) => matches(pattern, tag));
}

/** The tag itself counts as it is now; the others as they are listed. */
function isLatest(rule: RuleDocument, { reference, pushedAt }: KnownImage, tags: readonly KnownTag[]): boolean {
  if (rule.latest === undefined) return true;
  const { count, by } = rule.latest;
  const mine = { tag: reference, pushedAt };
  if (by === "version" && versionOf(reference) === undefined) return false;
  const newer = tags.filter(
    (other) =>
      other.tag !== reference &&
      !other.tag.startsWith("sha256-") &&
      takesTag(rule, other.tag) &&
      (by === "version" ? isNewerVersion(other.tag, reference) : isNewerPush(other, mine)),
  );
  return newer.length < count;
}

function isNewerPush(one: KnownTag, other: KnownTag): boolean {
  return one.pushedAt === other.pushedAt ? one.tag < other.tag : one.pushedAt > other.pushedAt;
}

function isNewerVersion(one: string, other: string): boolean {
  const [mine, its] = [versionOf(one), versionOf(other)];
  if (mine === undefined || its === undefined) return mine !== undefined;
  const order = compare(mine, its);
  return order === 0 ? one < other : order > 0;
}

/** Major, minor, patch, and the number of its release candidate. */
type Version = readonly [number, number, number, number];
const FINAL = Infinity;

function versionOf(tag: string): Version | undefined {
  const [, major, minor, patch, candidate] = /^v?(\d+)\.(\d+)\.(\d+)(?:-rc\.(\d+))?$/.exec(tag) ?? [];
  if (major === undefined) return undefined;
  return [Number(major), Number(minor), Number(patch), candidate === undefined ? FINAL : Number(candidate)];
}

function compare(one: Version, other: Version): number {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0) > 0 ? 1 : -1;
}

function matches(pattern: RuleDocument["tags"][number], text: string): boolean {
  if (typeof pattern === "string") return glob(pattern, text);
  if ("regex" in pattern) return new RegExp(`^(?:${pattern.regex})$`).test(text);
  return inRange(pattern.semver, text);
}

/** Of globs: `*` and `**`. */
function glob(pattern: string, text: string): boolean {
  if (pattern.endsWith("/**") && text === pattern.slice(0, -3)) return true;
  const parts = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replaceAll(/[.+]/g, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join("")}$`).test(text);
}

/** Of ranges: `>=A <B`, each with three numbers, and a candidate that only the first may have. */
function inRange(range: string, tag: string): boolean {
  const [, low = "", high = ""] = /^>=(\S+) <(\S+)$/.exec(range) ?? [];
  const [version, from, to] = [tag, low, high].map(versionOf);
  if (version === undefined || from === undefined || to === undefined) return false;
  const isNamed = from[3] !== FINAL && version.slice(0, 3).join(".") === from.slice(0, 3).join(".");
  return (version[3] === FINAL || isNamed) && compare(version, from) >= 0 && compare(version, to) < 0;
}
