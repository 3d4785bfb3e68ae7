import { isRepositoryName, isTag } from "../../oci/reference.ts";

/** What a placeholder stands for, of a source repository `team/web/app`. */
const PLACEHOLDERS = {
  /** `team/web/app` */
  repository: (repository: string) => repository,
  /** `team/web`; nothing for a repository without `/`. */
  namespace: (repository: string) => repository.slice(0, Math.max(repository.lastIndexOf("/"), 0)),
  /** `app` */
  name: (repository: string) => repository.slice(repository.lastIndexOf("/") + 1),
} as const;

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** The name at the target that a template gives a source repository. A template without placeholders is a name. */
export function renderName(template: string, repository: string): string {
  const filled = template.replace(PLACEHOLDER, (text, key: string) => placeholder(key)?.(repository) ?? text);
  // Where the namespace is empty, so is a part of the path.
  return filled
    .split("/")
    .filter((part) => part !== "")
    .join("/");
}

function placeholder(key: string): ((repository: string) => string) | undefined {
  return Object.entries(PLACEHOLDERS).find(([name]) => name === key)?.[1];
}

/** Why a template is refused; undefined for a valid one. */
export function templateProblem(template: string): string | undefined {
  const unknown = placeholdersOf(template).find((key) => placeholder(key) === undefined);
  if (unknown !== undefined) {
    const known = Object.keys(PLACEHOLDERS).map((key) => `{${key}}`);
    return `{${unknown}} is no placeholder (known: ${known.join(", ")})`;
  }
  if (/\/\/|^\/|\/$/.test(template)) return "starts or ends with /, or contains //";
  if (/\{namespace\}/.test(template.replaceAll(/(?<=^|\/)\{namespace\}(?=\/|$)/g, ""))) {
    return "has {namespace} beside other characters; write it between slashes, because it may be empty";
  }
  const isName = ["app", "team/app"].every((example) => isRepositoryName(renderName(template, example)));
  if (isName) return undefined;
  return placeholdersOf(template).length === 0 ? "is not a repository name" : "gives names that no repository may have";
}

export function placeholdersOf(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, key = ""]) => key);
}

/** True when no two repositories can get the same name from the template, because it contains the whole name. */
export function keepsNamesApart(template: string): boolean {
  const parts = placeholdersOf(template).toSorted().join(" ");
  return parts === "repository" || parts === "name namespace";
}

const TAG = "{tag}";

/** Why a template of other tags is refused; undefined for a valid one. Different tags must get different names, and none its own. */
export function tagTemplateProblem(template: string): string | undefined {
  if (template.split(TAG).length !== 2) return `must contain ${TAG} once`;
  if (template === TAG) return "is the tag itself";
  return isTag(template.replace(TAG, "v1")) ? undefined : "gives names that no tag may have";
}
