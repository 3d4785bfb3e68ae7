import { isRepositoryName } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import type { SkipReason } from "../outcome/outcome.ts";
import { skipReasonOf } from "../rules/decide-request.ts";
import { nearestOf } from "../rules/decision.ts";
import type { Decision } from "../rules/decision.ts";
import { evaluateRules } from "../rules/evaluate-rules.ts";
import type { ReplicationRule } from "../rules/rule.ts";
import { COPY_REQUEST_VERSION } from "./copy-request.ts";
import type { CopyRequest } from "./copy-request.ts";
import type { ImagePushed } from "./push-event.ts";

/** The requests of a push, or why there are none. */
export type PlannedCopies =
  | { readonly kind: "requested"; readonly requests: readonly CopyRequest[] }
  /** `rule`: the name of the rule that came closest to selecting it. */
  | { readonly kind: "skipped"; readonly reason: SkipReason; readonly rule: string | undefined };

/**
 * Plans one request for each destination, unless the rules rule that out. An event does not say everything that rules may ask for: the copy
 * decides the rest. Possible attachments (cosign's tags, content without a tag) are requested, too: whether their image is copied is checked
 * later.
 */
export function planCopies(pushed: ImagePushed, rules: readonly ReplicationRule[]): PlannedCopies {
  const { id, repository, reference, pushedAt } = pushed;
  const decisions = evaluateRules(rules, { repository, reference, now: pushedAt });
  const requests = [...decisions].flatMap(([destination, { kind }]) =>
    kind === "not-selected"
      ? []
      : [{ version: COPY_REQUEST_VERSION, id, destination, repository, reference, pushedAt } as const],
  );
  return requests.length > 0 ? { kind: "requested", requests } : skipped([...decisions.values()]);
}

function skipped(decisions: readonly Decision[]): PlannedCopies {
  const nearest = nearestOf(decisions.filter((decision) => decision.kind === "not-selected"));
  return { kind: "skipped", reason: skipReasonOf(nearest?.reason ?? "repository"), rule: nearest?.rule?.name };
}

/** The name of a repository at the target; undefined when it is too long, or no name at all. */
export function targetName(rule: ReplicationRule, repository: string, prefix: string): RepositoryName | undefined {
  const name = `${prefix}/${rule.targetName(repository)}`;
  return isRepositoryName(name) ? name : undefined;
}
