import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";

/** A push to the source: a tag, or content without a tag, may differ from its copies. */
export interface ImagePushed {
  /** The event's id, which becomes the correlation id of its requests. */
  readonly id: string;
  readonly repository: RepositoryName;
  readonly reference: Tag | Digest;
  /** What was pushed; absent when the event does not say. */
  readonly digest?: Digest;
  /** Pushed without a tag: most likely a child of an index that is pushed next and copied with its children. */
  readonly isUntagged: boolean;
  /** Epoch milliseconds; ECR's resolution is one second. */
  readonly pushedAt: number;
}

/** A tag that was deleted at the source, and what it named. */
export interface DeletedImage {
  /** The event's id. */
  readonly id: string;
  readonly repository: RepositoryName;
  readonly tag: Tag;
  /** Undefined when the source does not say. */
  readonly digest?: Digest | undefined;
  /** Epoch milliseconds; ECR's resolution is one second. */
  readonly deletedAt: number;
}

/** A parsed event. */
export type ReadEvent =
  | { readonly kind: "pushed"; readonly pushed: ImagePushed }
  /** A tag was deleted. */
  | { readonly kind: "deleted"; readonly deleted: DeletedImage }
  /** A valid event that requires no copy. */
  | { readonly kind: "ignored"; readonly id: string; readonly reason: string }
  /** Not an ECR event as documented. */
  | { readonly kind: "malformed"; readonly id: string | undefined; readonly problem: string };

const Text = z.string().nullish();

/** The fields that we read of ECR's events (EventBridge reference, events-ref-ecr). */
const EcrEvent = z.object({
  version: z.literal("0"),
  id: z.string().min(1).max(128),
  "detail-type": z.string(),
  source: z.string(),
  account: z.string(),
  region: z.string(),
  time: z.iso.datetime(),
  detail: z.object({
    "action-type": Text,
    result: Text,
    "sync-status": Text,
    "repository-name": z.string(),
    "image-digest": Text,
    "image-tag": Text,
  }),
});
type EcrEvent = z.infer<typeof EcrEvent>;

/** The id of an event that is otherwise malformed. */
const WithId = z.object({ id: z.string().min(1).max(128) });

/** The action that adds an image, by detail type. ECR's replication emits its event in the receiving registry. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ["ECR Image Action", "PUSH"],
  ["ECR Referrer Action", "PUSH"],
  ["ECR Replication Action", "REPLICATE"],
]);

/** The registry that events must come from. */
export interface EventOrigin {
  readonly account: string;
  readonly region: string;
}

/** Parses an EventBridge event. Never throws: Lambda would only retry a malformed event. */
export function readEcrEvent(event: unknown, origin: EventOrigin): ReadEvent {
  const result = EcrEvent.safeParse(event);
  if (!result.success) {
    const issue = result.error.issues[0];
    return {
      kind: "malformed",
      id: WithId.safeParse(event).data?.id,
      problem: `${issue?.path.join(".") || "event"}: ${issue?.message ?? "is malformed"}`,
    };
  }
  const { data } = result;
  const reason = reasonToIgnore(data, origin);
  const deleted = isOurDelete(data, origin) ? readDelete(data) : undefined;
  if (deleted !== undefined) return { kind: "deleted", deleted };
  if (reason !== undefined) return { kind: "ignored", id: data.id, reason };
  return readPush(data);
}

function reasonToIgnore(
  { source, account, region, detail, ...event }: EcrEvent,
  origin: EventOrigin,
): string | undefined {
  const type = event["detail-type"];
  if (source !== "aws.ecr") return `source ${source}, not aws.ecr`;
  if (account !== origin.account || region !== origin.region) return `registry ${account}/${region} is not ours`;
  if (type === "ECR Pull Through Cache Action") return reasonUnless("SUCCESS", "sync status", detail["sync-status"]);
  const action = ACTIONS.get(type);
  if (action === undefined) return `detail type ${type}`;
  return reasonUnless(action, "action", detail["action-type"]) ?? reasonUnless("SUCCESS", "result", detail.result);
}

function isOurDelete({ source, account, region, detail, ...event }: EcrEvent, origin: EventOrigin): boolean {
  const isOurs = source === "aws.ecr" && account === origin.account && region === origin.region;
  const isDelete = detail["action-type"] === "DELETE" && detail.result === "SUCCESS";
  return isOurs && isDelete && event["detail-type"] === "ECR Image Action";
}

/** Undefined for the delete of content without a tag. */
function readDelete({ id, time, detail }: EcrEvent): DeletedImage | undefined {
  const repository = detail["repository-name"];
  const [tag, digest] = [detail["image-tag"] ?? "", detail["image-digest"] ?? ""];
  if (!isRepositoryName(repository) || !isTag(tag) || !isDigest(digest)) return undefined;
  return { id, repository, tag, digest, deletedAt: Date.parse(time) };
}

function reasonUnless(wanted: string, what: string, found: string | null | undefined): string | undefined {
  return found === wanted ? undefined : `${what} ${found ?? "none"}`;
}

/** A missing, null or empty tag means a push by digest: the child of an index, or an attachment. The copy finds out which. */
function readPush({ id, time, detail, "detail-type": type }: EcrEvent): ReadEvent {
  const repository = detail["repository-name"];
  const reference = detail["image-tag"] || (detail["image-digest"] ?? "");
  const isUntagged = isDigest(reference) && type !== "ECR Referrer Action";
  if (!isRepositoryName(repository))
    return { kind: "malformed", id, problem: "detail.repository-name: is not a repository name" };
  if (!isTag(reference) && !isDigest(reference)) {
    return {
      kind: "malformed",
      id,
      problem: "detail.image-tag: is not a tag, and detail.image-digest is not a digest",
    };
  }
  const digest = detail["image-digest"] ?? "";
  const pushed = { id, repository, reference, isUntagged, pushedAt: Date.parse(time) };
  return { kind: "pushed", pushed: isDigest(digest) ? { ...pushed, digest } : pushed };
}
