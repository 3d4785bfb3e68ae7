import type { RepositoryName, Tag } from "../../src/oci/reference.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { selectedRepository, targetName, targetRepository } from "../../src/replication/planning/plan-copies.ts";
import { rulesOf } from "../../src/replication/rules/evaluate-rules.ts";
import type { RepositoryTarget } from "../../src/replication/reconcile/repository-target.ts";
import type { ReconcileDependencies } from "./reconcile-dependencies.ts";

/** The targets of a repository. Rules may send its tags to several repositories at one destination. */
export function targetsOf(
  repository: RepositoryName,
  { configuration, listing, hasManifest }: Pick<ReconcileDependencies, "configuration" | "listing" | "hasManifest">,
): RepositoryTarget[] {
  const { rules, destinations } = configuration;
  return destinations.flatMap(({ name, prefix }) => {
    const matching = rulesOf(repository, rules).filter((rule) => rule.destinations.includes(name));
    const targets = new Set(matching.map((rule) => targetName(rule, { repository }, prefix)));
    const request = (reference: Tag | Digest) => ({ repository, destination: name, reference });
    return [...targets].map((to) => ({
      repository,
      destination: name,
      scope: `${name}/${to}`,
      target: listing(name, to),
      wants: (reference: Tag | Digest) => selectedRepository(request(reference), matching, prefix) === to,
      attaches: (reference: Tag | Digest) => targetRepository(request(reference), matching, prefix) === to,
      hasManifest: (digest: Digest, signal: AbortSignal) => hasManifest(name, to, digest, signal),
    }));
  });
}
