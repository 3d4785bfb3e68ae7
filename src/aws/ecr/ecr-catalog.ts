import { DescribeImagesCommand, DescribeRepositoriesCommand } from "@aws-sdk/client-ecr";
import type { ECRClient, ImageDetail } from "@aws-sdk/client-ecr";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { manifestKind, MediaType } from "../../oci/media-type.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import type { RepositoryName } from "../../oci/reference.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import type { DeletionPorts } from "../../replication/deletes/delete-tag.ts";
import type { FactSource } from "../../replication/rules/source-facts.ts";
import type { SourceCatalog, SourceImage } from "../../replication/reconcile/source-catalog.ts";

/** The largest page of the ECR API. */
const PAGE = 1_000;

/** Limit for one listing. ECR allows 100,000 repositories, and 100,000 images in each (quotas; both can be raised). */
const MAX_PAGES = 1_000;

/** Repositories and images of an ECR registry, from DescribeRepositories and DescribeImages (ECR API reference). */
export function createEcrCatalog(
  client: ECRClient,
  registryId: string,
): SourceCatalog & Pick<FactSource, "image"> & Pick<DeletionPorts, "sourceTag"> {
  return {
    async repositories(signal) {
      const pages = pagesOf(registryId, (nextToken) =>
        client
          .send(new DescribeRepositoriesCommand({ registryId, maxResults: PAGE, nextToken }), { abortSignal: signal })
          .catch((cause: unknown) => fail("DescribeRepositories", registryId, cause)),
      );
      const names: RepositoryName[] = [];
      for await (const { repositories = [] } of pages)
        for (const { repositoryName = "" } of repositories)
          if (isRepositoryName(repositoryName)) names.push(repositoryName);
      return names;
    },
    async *tags(repositoryName, signal) {
      const pages = pagesOf(repositoryName, (nextToken) =>
        client
          .send(new DescribeImagesCommand({ registryId, repositoryName, maxResults: PAGE, nextToken }), {
            abortSignal: signal,
          })
          .catch((cause: unknown) => fail("DescribeImages", repositoryName, cause)),
      );
      for await (const { imageDetails = [] } of pages) for (const image of imageDetails) yield* imagesOf(image);
    },
    async image(repositoryName, reference, signal) {
      const imageIds = [isDigest(reference) ? { imageDigest: reference } : { imageTag: reference }];
      const described = await client
        .send(new DescribeImagesCommand({ registryId, repositoryName, imageIds }), { abortSignal: signal })
        .catch((cause: unknown) => (isNotFound(cause) ? undefined : fail("DescribeImages", repositoryName, cause)));
      const [{ imageDigest = "", imagePushedAt } = {}] = described?.imageDetails ?? [];
      return isDigest(imageDigest) ? { digest: imageDigest, pushedAt: imagePushedAt?.getTime() ?? 0 } : undefined;
    },
    async sourceTag(repositoryName, imageTag, signal) {
      // Without the filter, an archived image is as absent as a deleted one (ECR API reference, DescribeImagesFilter).
      const input = { registryId, repositoryName, imageIds: [{ imageTag }], filter: { imageStatus: "ANY" } as const };
      const described = await client
        .send(new DescribeImagesCommand(input), { abortSignal: signal })
        .catch((cause: unknown) =>
          isImageNotFound(cause) ? undefined : fail("DescribeImages", repositoryName, cause),
        );
      if (described === undefined) return { kind: "absent" };
      const [{ imageDigest = "", imagePushedAt, imageStatus = "ACTIVE" } = {}] = described.imageDetails ?? [];
      if (!isDigest(imageDigest)) return fail("DescribeImages", repositoryName, new Error(`no image for ${imageTag}`));
      if (imageStatus !== "ACTIVE") return { kind: "archived" };
      return { kind: "present", digest: imageDigest, pushedAt: imagePushedAt?.getTime() ?? 0 };
    },
  };
}

/** Reads all pages. @throws {RegistryError} for a listing that does not end. */
async function* pagesOf<T extends { readonly nextToken?: string | undefined }>(
  subject: string,
  read: (nextToken: string | undefined) => Promise<T>,
): AsyncGenerator<T> {
  let nextToken: string | undefined;
  for (let count = 0; count < MAX_PAGES; count++) {
    const page = await read(nextToken);
    yield page;
    if (page.nextToken === undefined || page.nextToken === "") return;
    if (page.nextToken === nextToken) break;
    ({ nextToken } = page);
  }
  const occasion = { side: "source", operation: "list-tags", subject, category: "permanent" } as const;
  throw new RegistryError(occasion, `the listing does not end within ${MAX_PAGES} pages`);
}

/** One entry per tag, or one without a tag. Archived images are omitted: they cannot be pulled until they are restored (ECR user guide, "Archiving an image"). */
function* imagesOf({
  imageDigest = "",
  imageTags,
  imageStatus = "ACTIVE",
  ...details
}: ImageDetail): Generator<SourceImage> {
  if (!isDigest(imageDigest) || imageStatus !== "ACTIVE") return;
  const image = {
    digest: imageDigest,
    pushedAt: details.imagePushedAt?.getTime() ?? 0,
    restoredAt: details.lastActivatedAt?.getTime(),
    subject: subjectIn(details),
    artifactType: artifactTypeIn(details),
    ...sizeIn(details),
  };
  const tags = imageTags ?? [];
  if (tags.length === 0) yield image;
  for (const tag of tags) if (isTag(tag)) yield { tag, ...image };
}

/** ECR API reference, ImageDetail `imageSizeInBytes`. */
function sizeIn({
  imageSizeInBytes,
  imageManifestMediaType = "",
}: ImageDetail): Pick<SourceImage, "bytes" | "isIndex"> {
  return { bytes: imageSizeInBytes, isIndex: manifestKind(imageManifestMediaType) === "index" };
}

/** The subject of a referrer (ECR API reference, ImageDetail `subjectManifestDigest`). */
function subjectIn({ subjectManifestDigest = "" }: ImageDetail): Digest | undefined {
  return isDigest(subjectManifestDigest) ? subjectManifestDigest : undefined;
}

/** The type that the rules go by (ECR API reference, ImageDetail `artifactMediaType`). The type of an empty config is not that of its artifact. */
function artifactTypeIn({ artifactMediaType }: ImageDetail): string | undefined {
  return artifactMediaType === "" || artifactMediaType === MediaType.ociEmpty ? undefined : artifactMediaType;
}

function isImageNotFound(cause: unknown): boolean {
  return cause instanceof Error && cause.name === "ImageNotFoundException";
}

function isNotFound(cause: unknown): boolean {
  return cause instanceof Error && /^(?:Image|Repository)NotFoundException$/.test(cause.name);
}

function fail(action: string, subject: string, cause: unknown): never {
  const isGone = cause instanceof Error && cause.name === "RepositoryNotFoundException";
  const problem = isGone ? "is gone" : `${action} failed; check that the role may call ecr:${action}`;
  const code = isGone ? { code: "NAME_UNKNOWN" } : {};
  throw new RegistryError({ side: "source", operation: "list-tags", subject, category: "deferred", ...code }, problem, {
    cause,
  });
}
