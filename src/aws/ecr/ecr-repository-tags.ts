import { ListTagsForResourceCommand } from "@aws-sdk/client-ecr";
import type { ECRClient } from "@aws-sdk/client-ecr";
import { partitionOf } from "../../contract/stack/partition.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { overridesOf } from "../../replication/rules/repository-overrides.ts";
import type { ReadOverrides, RepositoryOverrides } from "../../replication/rules/repository-overrides.ts";

interface Registry {
  readonly account: string;
  readonly region: string;
}

const NONE: RepositoryOverrides = overridesOf(new Map());

/** Reads the overrides in the tags of a repository (ECR API reference, ListTagsForResource). A repository that is gone has none. */
export function createRepositoryTags(client: ECRClient, { account, region }: Registry): ReadOverrides {
  return async (repository, signal) => {
    const resourceArn = `arn:${partitionOf(region)}:ecr:${region}:${account}:repository/${repository}`;
    const answer = await client
      .send(new ListTagsForResourceCommand({ resourceArn }), { abortSignal: signal })
      .catch((cause: unknown) => {
        if (cause instanceof Error && cause.name === "RepositoryNotFoundException") return undefined;
        const occasion = { side: "source", operation: "list-tags", subject: repository, category: "deferred" } as const;
        const problem = "ListTagsForResource failed; check that the role may call ecr:ListTagsForResource";
        throw new RegistryError(occasion, problem, { cause });
      });
    if (answer === undefined) return NONE;
    return overridesOf(new Map((answer.tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])));
  };
}
