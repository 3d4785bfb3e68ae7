import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { isDigest } from "../../src/oci/digest.ts";
import type { RepositoryIndex, RepositoryState } from "../registry/repository-index.ts";
import { signedWith, TEST_KEY } from "./access-key.ts";
import type { AccessKeyId } from "./access-key.ts";
import { startHttpServer } from "./http-server.ts";
import type { RunningServer } from "./http-server.ts";
import { readBody } from "./read-body.ts";
import { AWS_JSON, sendJson } from "./send-json.ts";

const TARGET_PREFIX = "AmazonEC2ContainerRegistry_V20150921.";
const TOKEN_LIFE_SECONDS = 12 * 3_600;
/** Entries of a page when none are asked for, as ECR's. */
const PAGE = 100;

/** What the ECR API answers with. */
export interface EcrApiOptions {
  readonly password: string;
  /** The registry's address, as GetAuthorizationToken names it. */
  readonly proxyEndpoint: string;
  /** Whose requests are answered. */
  readonly key?: AccessKeyId;
  /** What the registry holds. */
  readonly catalog: Pick<RepositoryIndex, "names" | "find" | "save">;
}

const Paged = z.object({
  repositoryName: z.string().optional(),
  maxResults: z.int().min(1).max(1_000).default(PAGE),
  nextToken: z.string().nullish(),
});
type Paged = z.infer<typeof Paged>;

interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

/** The actions of the ECR API that the functions call: tokens, repositories, images (AWS JSON 1.1). */
export function startEcrApi(options: EcrApiOptions): Promise<RunningServer> {
  return startHttpServer(
    signedWith(options.key ?? TEST_KEY, (request, response) => answer(request, response, options)),
  );
}

async function answer(request: IncomingMessage, response: ServerResponse, options: EcrApiOptions): Promise<void> {
  const body = await readBody(request);
  const action = String(request.headers["x-amz-target"]).replace(TARGET_PREFIX, "");
  const { status, body: answered } = act(action, body, options);
  sendJson(response, status, answered, AWS_JSON);
}

function act(action: string, body: string, options: EcrApiOptions): ApiAnswer {
  if (action === "GetAuthorizationToken") return giveToken(options);
  const paged = Paged.safeParse(JSON.parse(body || "{}")).data;
  if (paged === undefined) return refuse("InvalidParameterException", "maxResults is 1 to 1000");
  if (action === "DescribeRepositories") return describeRepositories(paged, options);
  if (action === "DescribeImages") return describeImages(paged, options);
  if (action === "UpdateImageStorageClass") return updateStorageClass(body, options);
  return refuse("UnknownOperationException", `${action} is not played here`);
}

function giveToken({ password, proxyEndpoint }: EcrApiOptions): ApiAnswer {
  const authorizationToken = Buffer.from(`AWS:${password}`).toString("base64");
  const expiresAt = Math.floor(Date.now() / 1_000) + TOKEN_LIFE_SECONDS;
  return { status: 200, body: { authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint }] } };
}

function describeRepositories(paged: Paged, { catalog }: EcrApiOptions): ApiAnswer {
  const { entries, nextToken } = page(catalog.names(), paged);
  return { status: 200, body: { repositories: entries.map((repositoryName) => ({ repositoryName })), nextToken } };
}

/** One entry per tagged image, with all its tags (ECR API reference, DescribeImages). */
function describeImages(paged: Paged, { catalog }: EcrApiOptions): ApiAnswer {
  const name = paged.repositoryName ?? "";
  const state = catalog.find(name);
  if (state === undefined) return refuse("RepositoryNotFoundException", `The repository '${name}' does not exist`);
  const { entries, nextToken } = page([...taggedImages(state)], paged);
  return { status: 200, body: { imageDetails: entries, nextToken } };
}

function taggedImages({ tags, manifests }: RepositoryState): Iterable<object> {
  const byDigest = Map.groupBy(tags, ([, digest]) => digest);
  return byDigest.entries().map(([imageDigest, tagged]) => {
    const { storedAt = 0, mediaType, isArchived, restoredAt } = manifests.get(imageDigest) ?? {};
    return {
      imageDigest,
      imageTags: tagged.map(([tag]) => tag),
      imagePushedAt: storedAt / 1_000,
      imageManifestMediaType: mediaType,
      imageStatus: isArchived === true ? "ARCHIVED" : "ACTIVE",
      ...(restoredAt === undefined ? {} : { lastActivatedAt: restoredAt / 1_000 }),
    };
  });
}

const StorageClass = z.object({
  repositoryName: z.string(),
  imageId: z.object({ imageDigest: z.string() }),
  targetStorageClass: z.enum(["ARCHIVE", "STANDARD"]),
});

/** Moves an image into the archive, or back: at once, where ECR takes up to 20 minutes. */
function updateStorageClass(body: string, { catalog }: EcrApiOptions): ApiAnswer {
  const { repositoryName, imageId, targetStorageClass } = StorageClass.parse(JSON.parse(body));
  const manifests = catalog.find(repositoryName)?.manifests;
  const { imageDigest } = imageId;
  const known = isDigest(imageDigest) ? manifests?.get(imageDigest) : undefined;
  if (manifests === undefined || known === undefined || !isDigest(imageDigest)) {
    return refuse("ImageNotFoundException", `The image with imageId ${imageDigest} does not exist`);
  }
  const isArchived = targetStorageClass === "ARCHIVE";
  manifests.set(imageDigest, { ...known, isArchived, ...(isArchived ? {} : { restoredAt: Date.now() }) });
  void catalog.save(repositoryName);
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
