import { parseRepositoryName } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { isCosignTag } from "../../oci/cosign-tags.ts";
import { COPY_REQUEST_VERSION } from "./copy-request.ts";
import type { CopyRequest } from "./copy-request.ts";
import type { ImagePushed } from "./push-event.ts";

/** A rule as the plan needs it: the configuration compiles its patterns into these questions. */
export interface ReplicationRule {
  readonly destinations: readonly string[];
  /** The repository's name at the target, when the rule gives it another one. */
  readonly as?: string | undefined;
  matchesRepository(repository: string): boolean;
  matchesTag(tag: string): boolean;
  /** Also images that have no tag. */
  readonly untagged?: boolean | undefined;
}

type Place = Pick<CopyRequest, "destination" | "repository" | "reference">;

/**
 * One request per destination that any rule gives. What may be attached to an image (cosign's tags, content without a
 * tag) is asked for wherever its repository goes: whether its image does is seen when it is copied.
 */
export function planCopies(pushed: ImagePushed, rules: readonly ReplicationRule[]): CopyRequest[] {
  const matching = rules.filter((rule) => selects(rule, pushed) || mayAttach(rule, pushed));
  const destinations = new Set(matching.flatMap((rule) => rule.destinations));
  return [...destinations].map((destination) => ({
    version: COPY_REQUEST_VERSION,
    id: pushed.id,
    destination,
    repository: pushed.repository,
    reference: pushed.reference,
    pushedAt: pushed.pushedAt,
  }));
}

/** The rule selects it by its tag, or by its having none. */
function selects(rule: ReplicationRule, { repository, reference }: Pick<Place, "repository" | "reference">): boolean {
  if (!rule.matchesRepository(repository)) return false;
  return reference.includes(":") ? rule.untagged === true : rule.matchesTag(reference);
}

function mayAttach(rule: ReplicationRule, { repository, reference }: Pick<Place, "repository" | "reference">): boolean {
  return rule.matchesRepository(repository) && (reference.includes(":") || isCosignTag(reference));
}

/**
 * Where a request's image goes: the destination's prefix and the repository's name there, by the first rule that selects
 * it; what may be attached to an image goes where its repository does. Undefined when no rule sends it (any more): a
 * message alone never decides where we write.
 */
export function targetRepository(
  request: Place,
  rules: readonly ReplicationRule[],
  prefix: string,
): RepositoryName | undefined {
  const rule = rules.find((rule) => rule.destinations.includes(request.destination) && mayAttach(rule, request));
  return selectedRepository(request, rules, prefix) ?? (rule && nameAt(rule, request, prefix));
}

/** {@link targetRepository} of what a rule selects; undefined for what could only come because it is attached to an image. */
export function selectedRepository(
  request: Place,
  rules: readonly ReplicationRule[],
  prefix: string,
): RepositoryName | undefined {
  const rule = rules.find((rule) => rule.destinations.includes(request.destination) && selects(rule, request));
  return rule && nameAt(rule, request, prefix);
}

function nameAt(rule: ReplicationRule, { repository }: Place, prefix: string): RepositoryName {
  return parseRepositoryName(`${prefix}/${rule.as ?? repository}`, "target repository");
}
