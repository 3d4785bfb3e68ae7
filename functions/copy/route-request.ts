import type { Destination } from "../../src/contract/configuration/configuration-document.ts";
import { COPY_MAX_ATTEMPTS, ROLLOUT_MINUTES } from "../../src/contract/stack/limits.ts";
import type { Delivery } from "../../src/contract/stack/delivery.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { failureOutcome } from "../../src/replication/copy/failure-outcome.ts";
import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";
import { pushAge } from "../../src/replication/planning/copy-request.ts";
import { targetName } from "../../src/replication/planning/plan-copies.ts";
import { decideRequest } from "../../src/replication/rules/decide-request.ts";
import type { DecidedRequest } from "../../src/replication/rules/decide-request.ts";
import { tagKey } from "../../src/replication/state/tag-record.ts";
import type { ReplicationRule } from "../../src/replication/rules/rule.ts";
import { createSourceFacts } from "../../src/replication/rules/source-facts.ts";
import type { Copies, CopyDependencies, CopyQueues, Runtime } from "./copy-dependencies.ts";

/** Where a request goes, or how it ends without a copy. */
export type RoutedRequest =
  | {
      readonly kind: "routed";
      readonly destination: Destination;
      readonly to: RepositoryName;
      readonly decided: Exclude<DecidedRequest, { kind: "skip" }>;
    }
  | EndedRequest;

interface EndedRequest {
  readonly kind: "ended";
  readonly report: CopyReport;
  /** The rule that decided. */
  readonly rule?: string | undefined;
  /** The key of the tag record, where the rule names the target. */
  readonly record?: string | undefined;
}

interface RouterDependencies extends Pick<CopyDependencies, "configuration"> {
  readonly copies: Pick<Copies, "factSource">;
  readonly queue: Pick<CopyQueues, "serves">;
  readonly runtime: Pick<Runtime, "now" | "random">;
}

/**
 * Finds out where requests go. Only the configuration and the queue decide that: a message on the queue of another destination fails, and
 * a request that no rule selects is skipped.
 */
export function createRequestRouter({ configuration, copies, queue, runtime: { now, random } }: RouterDependencies) {
  const { rules, destinations } = configuration;
  const facts = createSourceFacts(copies.factSource, rules, now);

  async function decide(
    request: CopyRequest,
    { receiveCount }: Delivery,
    deadline: AbortSignal,
  ): Promise<DecidedRequest | EndedRequest> {
    try {
      return await decideRequest(request, { rules, facts, now }, deadline);
    } catch (error) {
      const attempts = { attempts: receiveCount, maxAttempts: COPY_MAX_ATTEMPTS, before: undefined };
      return { kind: "ended", report: failureOutcome(error, { ...attempts, deadline, now: now(), random }) };
    }
  }

  return async (request: CopyRequest, delivery: Delivery, deadline: AbortSignal): Promise<RoutedRequest> => {
    const named = request.destination;
    const destination = destinations.find(({ name }) => name === named);
    if (destination === undefined) return refused(named, "unknown-destination", "is not in the configuration");
    if (!queue.serves(delivery, named)) return refused(named, "wrong-queue", "is not the destination of this queue");
    const decided = await decide(request, delivery, deadline);
    if (decided.kind === "ended") return decided;
    if (decided.kind === "skip") {
      return isMaybePending(decided, request, now()) ? PENDING : skipped(decided, request, destination);
    }
    const to = targetName(decided.rule, request.repository, destination.prefix);
    return to === undefined ? misnamed(decided.rule, request) : { kind: "routed", destination, to, decided };
  };
}

/** How long after a push the container that fans it out may decide by a newer configuration than this one: a minute is for its polls. */
const PENDING_MS: number = (ROLLOUT_MINUTES + 1) * 60_000;
const PENDING: EndedRequest = {
  kind: "ended",
  report: { outcome: "deferred", reason: "rule-pending", afterMs: 60_000 },
};

/** True when a rule may have requested this that is not known here yet. Without a wait, only the next comparison would copy the image. */
function isMaybePending({ reason }: { readonly reason: string }, { pushedAt }: CopyRequest, now: number): boolean {
  return reason === "no-rule" && pushedAt > 0 && pushAge(pushedAt, now) < PENDING_MS;
}

function skipped(
  { reason, rule }: Extract<DecidedRequest, { kind: "skip" }>,
  { repository, reference }: CopyRequest,
  { name, prefix }: Destination,
): EndedRequest {
  const to = rule && targetName(rule, repository, prefix);
  const record = to && tagKey(`${name}/${to}`, reference);
  return { kind: "ended", report: { outcome: "skipped", reason }, rule: rule?.name, record };
}

function misnamed({ name, targetName }: ReplicationRule, { repository }: CopyRequest): EndedRequest {
  const problem = `"${targetName(repository)}", which the rule "${name}" gives ${repository}, is too long or not a repository name; change the rule's "as"`;
  const error = new FormatError("target repository", problem);
  return { kind: "ended", report: { outcome: "failed", reason: "target-name-invalid", error }, rule: name };
}

function refused(destination: string, reason: "unknown-destination" | "wrong-queue", problem: string): EndedRequest {
  const error = new FormatError("destination", `"${destination}" ${problem}`);
  return { kind: "ended", report: { outcome: "failed", reason, error } };
}
