import { parseRepositoryName } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { isCosignTag } from "../../oci/cosign-tags.ts";
import { COPY_REQUEST_VERSION } from "./copy-request.ts";
import type { CopyRequest } from "./copy-request.ts";
import type { ImagePushed } from "./push-event.ts";

/** A rule with compiled patterns. */
export interface ReplicationRule {
  readonly destinations: readonly string[];
  /** The repository's name at the target, if the rule renames it. */
  readonly as?: string | undefined;
  matchesRepository(repository: string): boolean;
  matchesTag(tag: string): boolean;
  /** Select images without a tag as well. */
  readonly untagged?: boolean | undefined;
}

type Requested = Pick<CopyRequest, "destination" | "repository" | "reference">;

/**
 * Plans one request for each destination of the matching rules. Possible attachments (cosign's tags, content without a
 * tag) are requested for every destination of their repository: whether their image is copied there is checked later.
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

/** True when the rule selects the tag, or content without a tag. */
function selects(
  rule: ReplicationRule,
  { repository, reference }: Pick<Requested, "repository" | "reference">,
): boolean {
  if (!rule.matchesRepository(repository)) return false;
  return reference.includes(":") ? rule.untagged === true : rule.matchesTag(reference);
}

function mayAttach(
  rule: ReplicationRule,
  { repository, reference }: Pick<Requested, "repository" | "reference">,
): boolean {
  return rule.matchesRepository(repository) && (reference.includes(":") || isCosignTag(reference));
}

/**
 * The target repository of a request: the destination's prefix and the name that the first matching rule gives. Possible
 * attachments match every rule of their repository. Undefined when no rule matches (any more): the configuration decides
 * what is written where, never the message.
 */
export function targetRepository(
  request: Requested,
  rules: readonly ReplicationRule[],
  prefix: string,
): RepositoryName | undefined {
  const rule = rules.find((rule) => rule.destinations.includes(request.destination) && mayAttach(rule, request));
  return selectedRepository(request, rules, prefix) ?? (rule && targetName(rule, request, prefix));
}

/** Like {@link targetRepository}, but undefined for content that is only copied as an attachment. */
export function selectedRepository(
  request: Requested,
  rules: readonly ReplicationRule[],
  prefix: string,
): RepositoryName | undefined {
  const rule = rules.find((rule) => rule.destinations.includes(request.destination) && selects(rule, request));
  return rule && targetName(rule, request, prefix);
}

function targetName(rule: ReplicationRule, { repository }: Requested, prefix: string): RepositoryName {
  return parseRepositoryName(`${prefix}/${rule.as ?? repository}`, "target repository");
}
