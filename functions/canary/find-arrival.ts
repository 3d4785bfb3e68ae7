import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { CANARY_TAG } from "../../src/contract/stack/limits.ts";
import type { ResolvedManifest } from "../../src/oci/image-source.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { isArrivalByEvent } from "../../src/replication/canary/canary-arrival.ts";
import type { PushedCanary } from "../../src/replication/canary/canary-record.ts";
import type { Receipt } from "../../src/replication/outcome/receipt.ts";
import { targetName } from "../../src/replication/planning/plan-copies.ts";
import { evaluateRules } from "../../src/replication/rules/evaluate-rules.ts";
import { tagKey } from "../../src/replication/state/tag-record.ts";

/** What is asked about one canary. */
export interface ArrivalPorts {
  readonly configuration: Configuration;
  /** The newest receipts of a tag record. */
  readonly receipts: (record: string, signal: AbortSignal) => Promise<readonly Receipt[]>;
  /** What the canary's tag names in a repository of a destination. */
  readonly resolve: (
    destination: string,
    repository: RepositoryName,
    signal: AbortSignal,
  ) => Promise<ResolvedManifest | undefined>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

interface AwaitedAt {
  readonly canary: PushedCanary;
  readonly destination: Configuration["destinations"][number];
}

/** Where one canary is. */
export type CanaryArrival =
  /** `endedAt`: when its copy had ended; epoch milliseconds. */
  | { readonly kind: "arrived"; readonly endedAt: number }
  /** No receipt says that its event has brought it. */
  | { readonly kind: "awaited" }
  /** It cannot arrive, or is not where its receipt says. */
  | { readonly kind: "absent"; readonly problem: string };

/**
 * Whether a canary has arrived at a destination: its receipt says that its own event brought it there, and the registry has it under its
 * tag.
 */
export async function findArrival(
  { canary, destination: { name, prefix } }: AwaitedAt,
  { configuration, receipts, resolve, now }: ArrivalPorts,
  signal: AbortSignal,
): Promise<CanaryArrival> {
  const repository = configuration.stack.canary?.repository ?? "";
  const decision = evaluateRules(configuration.rules, { repository, reference: CANARY_TAG, now: now() }).get(name);
  const to = decision?.kind === "selected" ? targetName(decision.rule, repository, prefix) : undefined;
  if (to === undefined) return { kind: "absent", problem: `no rule copies ${repository}:${CANARY_TAG} there` };
  const known = await receipts(tagKey(`${name}/${to}`, CANARY_TAG), signal);
  const receipt = known.find((each) => isArrivalByEvent(each, canary));
  if (receipt === undefined) return { kind: "awaited" };
  const found = await resolve(name, to, signal);
  if (found?.digest === canary.digest) return { kind: "arrived", endedAt: receipt.endedAt };
  const problem = `${to}:${CANARY_TAG} names ${found?.digest ?? "nothing"}, and the canary is ${canary.digest}`;
  return { kind: "absent", problem };
}
