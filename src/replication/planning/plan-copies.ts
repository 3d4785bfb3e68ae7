import { parseRepositoryName } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { Decision } from "../rules/decision.ts";
import { decideFor, evaluateRules } from "../rules/evaluate-rules.ts";
import type { ReplicationRule } from "../rules/rule.ts";
import { COPY_REQUEST_VERSION } from "./copy-request.ts";
import type { CopyRequest } from "./copy-request.ts";
import type { ImagePushed } from "./push-event.ts";

type Requested = Pick<CopyRequest, "destination" | "repository" | "reference">;

/**
 * Plans one request for each destination for which no rule rules the image out. An event does not say everything that rules may ask for:
 * the copy decides the rest. Possible attachments (cosign's tags, content without a tag) are requested, too: whether their image is copied
 * is checked later.
 */
export function planCopies(pushed: ImagePushed, rules: readonly ReplicationRule[]): CopyRequest[] {
  const { id, repository, reference, pushedAt } = pushed;
  const decisions = evaluateRules(rules, { repository, reference, now: pushedAt });
  return [...decisions].flatMap(([destination, { kind }]) =>
    kind === "not-selected"
      ? []
      : [{ version: COPY_REQUEST_VERSION, id, destination, repository, reference, pushedAt }],
  );
}

/**
 * The target repository of a request: the destination's prefix and the name that the deciding rule gives. Undefined when no rule selects
 * it (any more): the configuration decides what is written where, never the message.
 */
export function targetRepository(
  request: Requested,
  rules: readonly ReplicationRule[],
  prefix: string,
): RepositoryName | undefined {
  const decision = decisionOn(request, rules);
  return "rule" in decision && decision.kind !== "not-selected"
    ? targetName(decision.rule, request, prefix)
    : undefined;
}

/** Like {@link targetRepository}, but undefined for content that is only copied as an attachment. */
export function selectedRepository(
  request: Requested,
  rules: readonly ReplicationRule[],
  prefix: string,
): RepositoryName | undefined {
  const decision = decisionOn(request, rules);
  return decision.kind === "selected" ? targetName(decision.rule, request, prefix) : undefined;
}

function decisionOn({ destination, repository, reference }: Requested, rules: readonly ReplicationRule[]): Decision {
  return decideFor(destination, rules, { repository, reference, now: 0 });
}

/** The name of a repository at the target. */
export function targetName(
  rule: ReplicationRule,
  { repository }: Pick<Requested, "repository">,
  prefix: string,
): RepositoryName {
  return parseRepositoryName(`${prefix}/${rule.targetName(repository)}`, "target repository");
}
