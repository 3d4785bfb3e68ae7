import { DescribeImagesCommand, DescribeRepositoriesCommand } from "@aws-sdk/client-ecr";
import type { ECRClient, ImageDetail } from "@aws-sdk/client-ecr";
import { isDigest } from "../oci/digest.ts";
import { isRepositoryName, isTag } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { RegistryError } from "../oci/registry-error.ts";
import type { SourceCatalog, SourceTag } from "../replication/reconcile.ts";

/** The most the ECR API gives in one page. */
const PAGE = 1_000;

/** What an ECR registry holds, from DescribeRepositories and DescribeImages (ECR API reference): 1,000 to a page. */
export function createEcrCatalog(client: ECRClient, registryId: string): SourceCatalog {
  return {
    async repositories(signal) {
      const names: RepositoryName[] = [];
      let nextToken: string | undefined;
      do {
        const page = await client
          .send(new DescribeRepositoriesCommand({ registryId, maxResults: PAGE, nextToken }), { abortSignal: signal })
          .catch((cause: unknown) => fail("DescribeRepositories", registryId, cause));
        names.push(
          ...(page.repositories ?? []).map(({ repositoryName = "" }) => repositoryName).filter(isRepositoryName),
        );
        ({ nextToken } = page);
      } while (nextToken !== undefined);
      return names;
    },
    async *tags(repositoryName, signal) {
      let nextToken: string | undefined;
      do {
        const command = new DescribeImagesCommand({
          registryId,
          repositoryName,
          maxResults: PAGE,
          nextToken,
          filter: { tagStatus: "TAGGED" },
        });
        const page = await client
          .send(command, { abortSignal: signal })
          .catch((cause: unknown) => fail("DescribeImages", repositoryName, cause));
        for (const image of page.imageDetails ?? []) yield* tagsOf(image);
        ({ nextToken } = page);
      } while (nextToken !== undefined);
    },
  };
}

/** An image in ECR's archive cannot be pulled, and is as good as gone until it is restored (ECR user guide, "Archiving an image"). */
function* tagsOf({
  imageDigest = "",
  imageTags = [],
  imageStatus = "ACTIVE",
  imagePushedAt,
  lastActivatedAt,
}: ImageDetail): Generator<SourceTag> {
  if (!isDigest(imageDigest) || imageStatus !== "ACTIVE") return;
  const times = { pushedAt: imagePushedAt?.getTime() ?? 0, restoredAt: lastActivatedAt?.getTime() };
  for (const tag of imageTags) if (isTag(tag)) yield { tag, digest: imageDigest, ...times };
}

function fail(action: string, subject: string, cause: unknown): never {
  const problem = `${action} failed; check that the role may call ecr:${action}`;
  throw new RegistryError({ side: "source", operation: "list-tags", subject, category: "deferred" }, problem, {
    cause,
  });
}
