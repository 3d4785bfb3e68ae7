/** What a request may do (distribution project, "Token Scope"). */
export interface Scope {
  /** Empty for the registry itself: a token then only says who we are. */
  readonly repository: string;
  readonly actions: "pull" | "pull,push" | "pull,delete";
  /** A second repository to read, for a mount. */
  readonly from?: string | undefined;
}

/** Scopes of a challenge that are asked for beside ours. */
const MAX_ASKED = 8;
/** `type:name:actions`; a name may have colons of its own. */
const REPOSITORY_SCOPE = /^(repository(?:\([\w.-]+\))?:(.+)):([^:]+)$/;

/**
 * The scopes to ask a token server for: exactly what the request needs, and what the challenge names beside it. Amazon ECR Public
 * names a scope of its own, `aws`; a proxy names the repository as it is called behind it. Of another repository no action is
 * asked for that the request itself would not need.
 */
export function scopesOf(scope: Scope, challenged: string | undefined): string[] {
  const own = scope.repository === "" ? [] : [`repository:${scope.repository}:${scope.actions}`];
  if (scope.from !== undefined) own.push(`repository:${scope.from}:pull`);
  const asked = (challenged ?? "").split(/\s+/).flatMap((text) => allowedPart(text, scope));
  return [...new Set([...own, ...asked.slice(0, MAX_ASKED)])];
}

function allowedPart(text: string, { repository, actions, from }: Scope): string[] {
  if (!/^[\x21-\x7e]{1,512}$/.test(text)) return [];
  const [, resource, name, named] = REPOSITORY_SCOPE.exec(text) ?? [];
  if (named === undefined) return [text];
  if (name === repository || name === from) return [];
  const allowed = actions.split(",").filter((action) => named.split(",").includes(action));
  return allowed.length === 0 ? [] : [`${resource}:${allowed.join(",")}`];
}
