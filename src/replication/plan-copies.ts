import { parseRepositoryName } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { COPY_REQUEST_VERSION } from "./copy-request.ts";
import type { CopyRequest } from "./copy-request.ts";
import type { ImagePushed } from "./image-pushed.ts";

/** A rule as the plan needs it: the configuration compiles its patterns into these questions. */
export interface ReplicationRule {
  readonly destinations: readonly string[];
  /** The repository's name at the target, when the rule gives it another one. */
  readonly as?: string | undefined;
  matchesRepository(repository: string): boolean;
  matchesTag(tag: string): boolean;
}

/** One request per destination that any rule gives; content without a tag follows its repository's rules. */
export function planCopies(pushed: ImagePushed, rules: readonly ReplicationRule[]): CopyRequest[] {
  const matching = rules.filter((rule) => matches(rule, pushed));
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

function matches(
  rule: ReplicationRule,
  { repository, reference }: Pick<ImagePushed, "repository" | "reference">,
): boolean {
  return rule.matchesRepository(repository) && (reference.includes(":") || rule.matchesTag(reference));
}

/**
 * Where a request's image goes: the destination's prefix and the repository's name there, by the first rule that sends
 * it. Undefined when no rule does (any more): a message alone never decides where we write.
 */
export function targetRepository(
  request: Pick<CopyRequest, "destination" | "repository" | "reference">,
  rules: readonly ReplicationRule[],
  prefix: string,
): RepositoryName | undefined {
  const rule = rules.find((rule) => rule.destinations.includes(request.destination) && matches(rule, request));
  return rule && parseRepositoryName(`${prefix}/${rule.as ?? request.repository}`, "target repository");
}
