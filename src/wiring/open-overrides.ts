import type { ECRClient } from "@aws-sdk/client-ecr";
import { createRepositoryTags } from "../aws/ecr/ecr-repository-tags.ts";
import type { Source } from "../contract/source/source-document.ts";
import type { Observer } from "../contract/telemetry/observer.ts";
import { rememberOverrides } from "../replication/rules/repository-overrides.ts";
import type { ReadOverrides } from "../replication/rules/repository-overrides.ts";

/** The overrides in the tags of source repositories; undefined unless the configuration obeys them. */
export function openOverrides(source: Source, client: ECRClient, observer: Observer): ReadOverrides | undefined {
  if (!source.repositoryTags) return undefined;
  const read = createRepositoryTags(client, source);
  return rememberOverrides(async (repository, signal) => {
    const overrides = await read(repository, signal);
    if (overrides.unknown.length > 0) {
      observer.warn("Repository tags are not understood", { repository, tags: overrides.unknown.join(", ") });
    }
    return overrides;
  }, Date.now);
}
