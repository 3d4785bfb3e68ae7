import * as z from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { isRepositoryName, isTag } from "../../oci/reference.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";

/** Something was pushed to the source: a hint that a tag (or untagged content) may differ from its copies. */
export interface ImagePushed {
  /** The event's id; becomes the correlation id of all that follows. */
  readonly id: string;
  readonly repository: RepositoryName;
  readonly reference: Tag | Digest;
  /** Pushed without a tag: most likely the child of an index that is pushed next, and then comes with it. */
  readonly isUntagged: boolean;
  /** Epoch milliseconds; ECR's resolution is one second. */
  readonly pushedAt: number;
}

/** What an event asks for. */
export type ReadEvent =
  | { readonly kind: "pushed"; readonly pushed: ImagePushed }
  /** A good event that asks for no copy. */
  | { readonly kind: "ignored"; readonly id: string; readonly reason: string }
  /** No event of ECR as documented. */
  | { readonly kind: "malformed"; readonly id: string | undefined; readonly problem: string };

const Text = z.string().nullish();

/** The envelope and `detail` of ECR's events (EventBridge reference, events-ref-ecr); only what we read. */
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

/** What is left of an event that cannot be read: enough to name it. */
const WithId = z.object({ id: z.string().min(1).max(128) });

/** The action by which an image comes to the registry, by detail type. ECR's replication sends its event to the registry that receives. */
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ["ECR Image Action", "PUSH"],
  ["ECR Referrer Action", "PUSH"],
  ["ECR Replication Action", "REPLICATE"],
]);

/** The registry events must come from. */
export interface EventOrigin {
  readonly account: string;
  readonly region: string;
}

/** Reads an EventBridge event. Never throws: an event that cannot be read would only come again. */
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

function reasonUnless(wanted: string, what: string, found: string | null | undefined): string | undefined {
  return found === wanted ? undefined : `${what} ${found ?? "none"}`;
}

/** A missing, null or empty tag means the same: pushed by digest. What that is, an index's child or attached, is seen when it is copied. */
function readPush({ id, time, detail, "detail-type": type }: EcrEvent): ReadEvent {
  const repository = detail["repository-name"];
  const reference = detail["image-tag"] || (detail["image-digest"] ?? "");
  const isUntagged = isDigest(reference) && type !== "ECR Referrer Action";
  if (!isRepositoryName(repository))
    return { kind: "malformed", id, problem: "detail.repository-name: is not a repository name" };
  if (!isTag(reference) && !isDigest(reference)) {
    return { kind: "malformed", id, problem: "detail.image-tag: is not a tag, and detail.image-digest no digest" };
  }
  return { kind: "pushed", pushed: { id, repository, reference, isUntagged, pushedAt: Date.parse(time) } };
}
