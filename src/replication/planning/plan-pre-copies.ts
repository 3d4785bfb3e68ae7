import { isDigest } from "../../oci/digest.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { rulesOf } from "../rules/evaluate-rules.ts";
import type { ReplicationRule } from "../rules/rule.ts";
import { COPY_REQUEST_VERSION } from "./copy-request.ts";
import { targetName } from "./plan-copies.ts";
import type { PreCopyRequest } from "./pre-copy-request.ts";
import type { ImagePushed } from "./push-event.ts";

/** Plans one pre-copy for each destination of the rules that allow it; none for a push with a tag, which is copied at once. */
export function planPreCopies(pushed: ImagePushed, rules: readonly ReplicationRule[]): PreCopyRequest[] {
  const { id, repository, reference: digest, pushedAt, isUntagged } = pushed;
  if (!isUntagged || !isDigest(digest)) return [];
  const destinations = new Set(allowing(repository, rules).flatMap((allowed) => allowed.destinations));
  const common = { version: COPY_REQUEST_VERSION, kind: "blobs", id, repository, digest, pushedAt } as const;
  return [...destinations].map((destination) => ({ ...common, destination }));
}

/** Where a pre-copy goes, and of which platforms. */
interface PreCopyTarget extends Pick<ReplicationRule, "platforms"> {
  readonly to: RepositoryName;
}

/** The target of a pre-copy; undefined when no rule allows it (any more). The configuration decides, never the message. */
export function preCopyTarget(
  { destination, repository }: Pick<PreCopyRequest, "destination" | "repository">,
  rules: readonly ReplicationRule[],
  prefix: string,
): PreCopyTarget | undefined {
  const allowed = allowing(repository, rules).find(({ destinations }) => destinations.includes(destination));
  const to = allowed && targetName(allowed.rule, repository, prefix);
  return to && { to, platforms: allowed.rule.platforms };
}

/** A rule with a gate forbids them at its destinations, also to other rules: which rule will select the image is not known yet. */
function allowing(repository: string, rules: readonly ReplicationRule[]) {
  const own = rulesOf(repository, rules);
  const gated = new Set(own.flatMap(({ gate, destinations }) => (gate === undefined ? [] : destinations)));
  return own
    .filter(({ preCopy }) => preCopy === true)
    .map((rule) => ({ rule, destinations: rule.destinations.filter((destination) => !gated.has(destination)) }));
}
