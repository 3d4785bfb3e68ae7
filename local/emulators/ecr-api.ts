import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { isDigest } from "../../src/oci/digest.ts";
import type { RepositoryIndex, RepositoryState } from "../registry/storage/repository-index.ts";
import { requireKey, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import { deleteImages } from "./ecr-deletions.ts";
import { actOnScans } from "./ecr-scans.ts";
import type { Scans } from "./ecr-scans.ts";
import { actOnTags } from "./ecr-repository-tags.ts";
import type { RepositoryTags } from "./ecr-repository-tags.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import { AWS_JSON, sendJson } from "../http/send-json.ts";

const TARGET_PREFIX = "AmazonEC2ContainerRegistry_V20150921.";
const TOKEN_LIFE_SECONDS = 12 * 3_600;
/** ECR's default page size. */
const PAGE = 100;

/** What the ECR API needs to respond. */
export interface EcrApiOptions {
  readonly password: string;
  /** The registry's address in responses of GetAuthorizationToken. */
  readonly proxyEndpoint: string;
  /** The access key to accept. */
  readonly key?: AccessKeyId;
  /** The content of the registry. */
  readonly catalog: Pick<RepositoryIndex, "names" | "find" | "open" | "save">;
}

interface PlayedRegistry extends EcrApiOptions {
  readonly tags: RepositoryTags;
  readonly scans: Scans;
}

/** An image by its digest, or by a tag (ECR API reference, ImageIdentifier). */
const ImageId = z.object({ imageDigest: z.string().optional(), imageTag: z.string().optional() });
type ImageId = z.infer<typeof ImageId>;

/** ECR API reference, DescribeImagesFilter. */
const Filter = z.object({
  tagStatus: z.enum(["TAGGED", "UNTAGGED", "ANY"]).optional(),
  imageStatus: z.enum(["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]).optional(),
});
type Filter = z.infer<typeof Filter>;

const Paged = z.object({
  repositoryName: z.string().optional(),
  maxResults: z.int().min(1).max(1_000).default(PAGE),
  nextToken: z.string().nullish(),
  filter: Filter.optional(),
  /** Of DescribeImages: these images only, without pages. */
  imageIds: z.array(ImageId).min(1).max(100).optional(),
});
type Paged = z.infer<typeof Paged>;

interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

/** The actions of the ECR API that the functions call: tokens, repositories, images (AWS JSON 1.1). */
export function startEcrApi(given: EcrApiOptions): Promise<RunningServer> {
  const options: PlayedRegistry = { ...given, tags: new Map(), scans: new Set() };
  return startHttpServer(
    requireKey(options.key ?? TEST_KEY, (request, response) => answer(request, response, options)),
  );
}

async function answer(request: IncomingMessage, response: ServerResponse, options: PlayedRegistry): Promise<void> {
  const body = await readBody(request);
  const action = String(request.headers["x-amz-target"]).replace(TARGET_PREFIX, "");
  const { status, body: answered } = await act(action, body, options);
  sendJson(response, status, answered, AWS_JSON);
}

async function act(action: string, body: string, options: PlayedRegistry): Promise<ApiAnswer> {
  if (action === "GetAuthorizationToken") return giveToken(options);
  if (/^(?:ListTagsFor|Tag|Untag)Resource$/.test(action)) return playTags(action, body, options);
  if (/^(?:StartImageScan|DescribeImageScanFindings)$/.test(action)) return playScans(action, body, options);
  const paged = Paged.safeParse(JSON.parse(body || "{}")).data;
  if (paged === undefined)
    return refuse("InvalidParameterException", "maxResults is 1 to 1000, and imageIds are 1 to 100");
  if (action === "DescribeRepositories") return describeRepositories(paged, options);
  if (action === "CreateRepository") return createRepository(paged, options);
  if (action === "DescribeImages") return describeImages(paged, options);
  if (action === "ListImages") return listImages(paged, options);
  if (action === "ListImageReferrers") return listReferrers(body, paged, options);
  if (/^(?:UpdateImageStorageClass|BatchDeleteImage)$/.test(action)) return changeImages(action, body, options);
  return refuse("UnknownOperationException", `${action} is not played here`);
}

async function changeImages(action: string, body: string, options: PlayedRegistry): Promise<ApiAnswer> {
  if (action === "UpdateImageStorageClass") return updateStorageClass(body, options);
  const deleted = await deleteImages(body, options.catalog);
  return deleted === undefined ? noRepository({}) : { status: 200, body: deleted };
}

function playScans(action: string, body: string, options: PlayedRegistry): ApiAnswer {
  const done = actOnScans(action, body, options);
  return done.kind === "refused" ? refuse(done.type, done.message) : { status: 200, body: done.body };
}

function playTags(action: string, body: string, { tags, catalog }: PlayedRegistry): ApiAnswer {
  const done = actOnTags(action, body, tags);
  if (done === undefined) return refuse("InvalidParameterException", "resourceArn is no ARN of a repository");
  if (catalog.find(done.repository) === undefined) return noRepository({ repositoryName: done.repository });
  return { status: 200, body: done.answer };
}

let tokensIssued = 0;

/** Issues a token that differs from all earlier ones (Amazon ECR API reference, "GetAuthorizationToken"). */
function giveToken({ password, proxyEndpoint }: EcrApiOptions): ApiAnswer {
  const authorizationToken = Buffer.from(`AWS:${password}.${++tokensIssued}`).toString("base64");
  const expiresAt = Math.floor(Date.now() / 1_000) + TOKEN_LIFE_SECONDS;
  return { status: 200, body: { authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint }] } };
}

function describeRepositories(paged: Paged, { catalog }: EcrApiOptions): ApiAnswer {
  const { entries, nextToken } = page(catalog.names(), paged);
  return { status: 200, body: { repositories: entries.map((repositoryName) => ({ repositoryName })), nextToken } };
}

/** ECR API reference, CreateRepository. */
async function createRepository({ repositoryName = "" }: Paged, { catalog }: EcrApiOptions): Promise<ApiAnswer> {
  if (catalog.find(repositoryName) !== undefined) {
    const text = `The repository with name '${repositoryName}' already exists`;
    return refuse("RepositoryAlreadyExistsException", text);
  }
  catalog.open(repositoryName);
  await catalog.save(repositoryName);
  return { status: 200, body: { repository: { repositoryName } } };
}

/** One entry per image, with all its tags (ECR API reference, DescribeImages; ImageDetail for what an entry has). */
function describeImages(paged: Paged, { catalog }: EcrApiOptions): ApiAnswer {
  const state = catalog.find(paged.repositoryName ?? "");
  if (state === undefined) return noRepository(paged);
  if (paged.imageIds !== undefined) return describeSome(paged.imageIds, state, paged.filter);
  const { entries, nextToken } = page([...imagesOf(state, paged.filter)], paged);
  return { status: 200, body: { imageDetails: entries, nextToken } };
}

/** One missing image fails the whole request (ECR API reference, DescribeImages: ImageNotFoundException). */
function describeSome(ids: readonly ImageId[], state: RepositoryState, filter: Filter | undefined): ApiAnswer {
  const images = [...imagesOf(state, filter)];
  const isNamedBy = ({ imageDigest, imageTags = [] }: ImageDetail, id: ImageId): boolean =>
    (id.imageDigest === undefined || id.imageDigest === imageDigest) &&
    (id.imageTag === undefined || imageTags.includes(id.imageTag));
  const missing = ids.find((id) => !images.some((image) => isNamedBy(image, id)));
  if (missing !== undefined) {
    const { imageDigest = "null", imageTag = "null" } = missing;
    const named = `{imageDigest:'${imageDigest}', imageTag:'${imageTag}'}`;
    return refuse("ImageNotFoundException", `The image with imageId ${named} does not exist`);
  }
  const imageDetails = images.filter((image) => ids.some((id) => isNamedBy(image, id)));
  return { status: 200, body: { imageDetails } };
}

/** One entry per tag, and one per image without a tag (ECR API reference, ListImages). */
function listImages(paged: Paged, { catalog }: EcrApiOptions): ApiAnswer {
  const state = catalog.find(paged.repositoryName ?? "");
  if (state === undefined) return noRepository(paged);
  const ids = [...imagesOf(state, paged.filter)].flatMap(({ imageDigest, imageTags = [] }) =>
    imageTags.length === 0 ? [{ imageDigest }] : imageTags.map((imageTag) => ({ imageDigest, imageTag })),
  );
  const { entries, nextToken } = page(ids, paged);
  return { status: 200, body: { imageIds: entries, nextToken } };
}

const Referrers = z.object({
  subjectId: z.object({ imageDigest: z.string() }),
  maxResults: z.int().min(1).max(50).default(20),
});

/** The referrers of an image, in pages of 20 by default and 50 at most (ECR API reference, ListImageReferrers). */
function listReferrers(body: string, paged: Paged, { catalog }: EcrApiOptions): ApiAnswer {
  const { subjectId, maxResults } = Referrers.parse(JSON.parse(body));
  const state = catalog.find(paged.repositoryName ?? "");
  if (state === undefined) return noRepository(paged);
  const attached = [...state.manifests].flatMap(([digest, { mediaType, artifactType, size, annotations, subject }]) =>
    subject === subjectId.imageDigest ? [{ digest, mediaType, artifactType, size, annotations }] : [],
  );
  const { entries, nextToken } = page(attached, { ...paged, maxResults });
  return { status: 200, body: { referrers: entries, nextToken } };
}

function noRepository({ repositoryName = "" }: Pick<Paged, "repositoryName">): ApiAnswer {
  return refuse("RepositoryNotFoundException", `The repository '${repositoryName}' does not exist`);
}

interface ImageDetail {
  readonly imageDigest: string;
  /** Absent for an image without a tag. */
  readonly imageTags?: readonly string[];
  readonly imagePushedAt: number;
  readonly imageManifestMediaType: string;
  readonly imageSizeInBytes: number;
  readonly artifactMediaType?: string;
  /** Only of a referrer: the manifest that it is attached to. */
  readonly subjectManifestDigest?: string;
  readonly imageStatus: "ACTIVE" | "ARCHIVED";
  readonly lastActivatedAt?: number;
}

/** By default, all active images (ECR API reference, DescribeImagesFilter). */
function passes(
  { tagStatus = "ANY", imageStatus = "ACTIVE" }: Filter,
  isTagged: boolean,
  isArchived: boolean,
): boolean {
  const fitsTag = tagStatus === "ANY" || isTagged === (tagStatus === "TAGGED");
  return fitsTag && (imageStatus === "ANY" || isArchived === (imageStatus === "ARCHIVED"));
}

function* imagesOf({ tags, manifests }: RepositoryState, filter: Filter = {}): Generator<ImageDetail> {
  const byDigest = Map.groupBy(tags.keys(), (tag) => tags.get(tag));
  for (const [imageDigest, manifest] of manifests) {
    const imageTags = byDigest.get(imageDigest);
    if (!passes(filter, imageTags !== undefined, manifest.isArchived === true)) continue;
    const { storedAt, mediaType, contentBytes = 0, artifactType, subject, isArchived, restoredAt } = manifest;
    yield {
      imageDigest,
      ...(imageTags === undefined ? {} : { imageTags }),
      imagePushedAt: storedAt / 1_000,
      imageManifestMediaType: mediaType,
      imageSizeInBytes: contentBytes,
      ...(artifactType === undefined ? {} : { artifactMediaType: artifactType }),
      ...(subject === undefined ? {} : { subjectManifestDigest: subject }),
      imageStatus: isArchived === true ? "ARCHIVED" : "ACTIVE",
      ...(restoredAt === undefined ? {} : { lastActivatedAt: restoredAt / 1_000 }),
    };
  }
}

const StorageClass = z.object({
  repositoryName: z.string(),
  imageId: z.object({ imageDigest: z.string() }),
  targetStorageClass: z.enum(["ARCHIVE", "STANDARD"]),
});

/** Archives or restores an image: at once, where ECR takes up to 20 minutes. */
async function updateStorageClass(body: string, { catalog }: EcrApiOptions): Promise<ApiAnswer> {
  const { repositoryName, imageId, targetStorageClass } = StorageClass.parse(JSON.parse(body));
  const manifests = catalog.find(repositoryName)?.manifests;
  const { imageDigest } = imageId;
  const known = isDigest(imageDigest) ? manifests?.get(imageDigest) : undefined;
  if (manifests === undefined || known === undefined || !isDigest(imageDigest)) {
    return refuse("ImageNotFoundException", `The image with imageId ${imageDigest} does not exist`);
  }
  const isArchived = targetStorageClass === "ARCHIVE";
  manifests.set(imageDigest, { ...known, isArchived, ...(isArchived ? {} : { restoredAt: Date.now() }) });
  await catalog.save(repositoryName);
  return { status: 200, body: { repositoryName, imageId, imageStatus: isArchived ? "ARCHIVED" : "ACTIVE" } };
}

function page<T>(all: readonly T[], { nextToken, maxResults }: Paged): { entries: T[]; nextToken?: string } {
  const start = Number(nextToken ?? 0);
  const entries = all.slice(start, start + maxResults);
  return start + maxResults < all.length ? { entries, nextToken: String(start + maxResults) } : { entries };
}

function refuse(__type: string, message: string): ApiAnswer {
  return { status: 400, body: { __type, message } };
}
