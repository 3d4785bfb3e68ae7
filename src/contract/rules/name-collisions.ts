import { isGlob } from "../patterns/glob.ts";
import { literalStart, mayOverlap } from "../patterns/glob-overlap.ts";
import { keepsNamesApart, placeholdersOf, renderName } from "./name-template.ts";

/** Which repositories a rule copies, and under which names. */
export interface NamingRule {
  /** Its place in the document. */
  readonly index: number;
  readonly destinations: readonly string[];
  /** Globs that match at least its repositories. */
  readonly repositoryGlobs: readonly string[];
  readonly as?: string | undefined;
  readonly matchesRepository: (repository: string) => boolean;
  readonly excludesRepository?: ((repository: string) => boolean) | undefined;
  /** Globs of which each excludes what it matches. */
  readonly excludedGlobs: readonly string[];
}

/** Names that a rule gives at its destinations: one name, or a glob of names. */
interface Names {
  readonly rule: NamingRule;
  readonly template: string;
  /** A repository, or a glob of repositories. */
  readonly from: string;
  readonly to: string;
  readonly start: string;
}

const OWN_NAME = "{repository}";

/**
 * Problems of rules by which two source repositories could write to one target repository. The last push would win, so such a
 * configuration is refused (fault R28).
 */
export function nameCollisions(rules: readonly NamingRule[]): string[] {
  return [...rules.flatMap(ownCollisions), ...collisionsBetween(rules)];
}

/** Problems of one rule, whose template may give several of its repositories one name. */
function ownCollisions({ index, as, repositoryGlobs }: NamingRule): string[] {
  if (as === undefined || keepsNamesApart(as)) return [];
  const field = `rules[${index}].as`;
  const hasGlob = repositoryGlobs.some(isGlob);
  if (placeholdersOf(as).length === 0) {
    if (repositoryGlobs.length === 1 && !hasGlob) return [];
    return [
      `${field}: needs a rule of exactly one repository, without wildcards, or a template, for example "copies/${OWN_NAME}"`,
    ];
  }
  if (!hasGlob) {
    const names = Map.groupBy(new Set(repositoryGlobs), (repository) => renderName(as, repository));
    return [...names].flatMap(([name, from]) =>
      from.length > 1 ? [`${field}: "${as}" gives ${from.join(" and ")} the same name, ${name}`] : [],
    );
  }
  if (isOneToOne(as, repositoryGlobs)) return [];
  return [
    `${field}: "${as}" may give two repositories the same name; use {repository}, or both {namespace} and {name}`,
  ];
}

/** True when a template with `{name}` names repositories of a single namespace: their names differ. */
function isOneToOne(template: string, globs: readonly string[]): boolean {
  const [first = "", ...more] = new Set(globs.map((glob) => glob.slice(0, Math.max(glob.lastIndexOf("/"), 0))));
  return (
    template.includes("{name}") && more.length === 0 && !isGlob(first) && !globs.some((glob) => glob.includes("**"))
  );
}

/** One problem at most for each rule that renames. */
function collisionsBetween(rules: readonly NamingRule[]): string[] {
  const all = rules.flatMap(namesOf);
  const find = indexByStart(all);
  const renamed = all.filter(({ template }) => template !== OWN_NAME);
  const problems = new Map<number, string>();
  for (const names of renamed) {
    const { index, as } = names.rule;
    if (problems.has(index)) continue;
    const other = find(names.start).find((other) => mayCollide(names, other));
    if (other === undefined) continue;
    const where = `the target of another repository in rules[${other.rule.index}]`;
    const advice = "exclude such repositories there, for example by a namespace/**, or choose other names";
    const problem = isGlob(names.to) ? `may give a name that is also ${where}; ${advice}` : `is also ${where}`;
    problems.set(index, `rules[${index}].as: "${as}" ${problem}`);
  }
  return [...problems.values()];
}

function namesOf(rule: NamingRule): Names[] {
  const template = templateOf(rule);
  return rule.repositoryGlobs.map((from) => {
    const to = namesFrom(template, from);
    return { rule, template, from, to, start: literalStart(to) };
  });
}

function templateOf({ as = OWN_NAME }: NamingRule): string {
  return as === "{namespace}/{name}" ? OWN_NAME : as;
}

/** The name, or a glob of the names, that a template gives. Where a wildcard may match a slash, the namespace is not known. */
function namesFrom(template: string, from: string): string {
  const isKnown = !/\*\*|[{([]/.test(from) || template === OWN_NAME;
  if (isKnown) return renderName(template, from);
  return template.replaceAll(OWN_NAME, from).replaceAll("{namespace}", "**").replaceAll("{name}", "*");
}

/** Finds the names whose literal start is a prefix of the given one, or has it as a prefix, without comparing it to all. */
function indexByStart(all: readonly Names[]): (start: string) => Names[] {
  const sorted = all.toSorted((a, b) => (a.start < b.start ? -1 : Number(a.start > b.start)));
  const byStart = Map.groupBy(sorted, ({ start }) => start);
  return (start) => {
    const shorter = Array.from({ length: start.length }, (_, length) => byStart.get(start.slice(0, length)) ?? []);
    const from = firstAtLeast(sorted, start);
    const end = sorted.findIndex((names, at) => at >= from && !names.start.startsWith(start));
    return [...shorter.flat(), ...sorted.slice(from, end < 0 ? sorted.length : end)];
  };
}

function firstAtLeast(sorted: readonly Names[], start: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.start ?? "") < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function mayCollide(one: Names, other: Names): boolean {
  if (one.rule === other.rule || !one.rule.destinations.some((name) => other.rule.destinations.includes(name)))
    return false;
  // Of two rules that rename, one reports the problem.
  if (other.template !== OWN_NAME && other.rule.index < one.rule.index) return false;
  if (isSameNaming(one, other) || isOneRepository(one, other)) return false;
  if (isExcluded(one.to, other)) return false;
  if (!isGlob(one.to) && other.template === OWN_NAME)
    return other.rule.matchesRepository(one.to) && one.to !== one.from;
  return mayOverlap(one.to, other.to);
}

/** The same template keeps names apart across rules, too, if it does so at all, or for one namespace. */
function isSameNaming(one: Names, other: Names): boolean {
  if (one.template !== other.template) return false;
  return (
    keepsNamesApart(one.template) ||
    isOneToOne(
      one.template,
      [one.rule, other.rule].flatMap((rule) => rule.repositoryGlobs),
    )
  );
}

function isOneRepository(one: Names, other: Names): boolean {
  return !isGlob(one.from) && one.from === other.from;
}

/** True when a rule that does not rename excludes these names: one name, or by an exclusion of a whole namespace, `copies/**`. */
function isExcluded(names: string, { template, rule: { excludesRepository, excludedGlobs } }: Names): boolean {
  if (template !== OWN_NAME) return false;
  if (!isGlob(names)) return excludesRepository?.(names) === true;
  return excludedGlobs.some((glob) => {
    const namespace = glob.slice(0, -2);
    return glob.endsWith("/**") && !isGlob(namespace) && names.startsWith(namespace);
  });
}
