/** The permissions that a request needs (distribution project, "Token Scope"). */
export interface Scope {
  /** Empty for the registry itself: the token then only identifies the user. */
  readonly repository: string;
  readonly actions: "pull" | "pull,push" | "pull,delete";
  /** A second repository to read, for a mount. */
  readonly from?: string | undefined;
}

/** Number of scopes that a challenge can add. */
const MAX_CHALLENGED = 8;
/** `type:name:actions`; a name may contain colons. */
const REPOSITORY_SCOPE = /^(repository(?:\([\w.-]+\))?:(.+)):([^:]+)$/;

/**
 * The scopes to request from a token server: what the request needs, and what the challenge adds. Amazon ECR Public adds a scope
 * `aws`; a proxy names the repository by its name behind the proxy. For another repository, only actions are requested that the
 * request itself needs.
 */
export function scopesOf(scope: Scope, challenged: string | undefined): string[] {
  const own = scope.repository === "" ? [] : [`repository:${scope.repository}:${scope.actions}`];
  if (scope.from !== undefined) own.push(`repository:${scope.from}:pull`);
  const added = (challenged ?? "").split(/\s+/).flatMap((text) => allowedPart(text, scope));
  return [...new Set([...own, ...added.slice(0, MAX_CHALLENGED)])];
}

function allowedPart(text: string, { repository, actions, from }: Scope): string[] {
  if (!/^[\x21-\x7e]{1,512}$/.test(text)) return [];
  const [, resource, name, named] = REPOSITORY_SCOPE.exec(text) ?? [];
  if (named === undefined) return [text];
  if (name === repository || name === from) return [];
  const allowed = actions.split(",").filter((action) => named.split(",").includes(action));
  return allowed.length === 0 ? [] : [`${resource}:${allowed.join(",")}`];
}
