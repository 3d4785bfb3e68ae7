import * as z from "zod";
import { manifestKind } from "../../oci/media-type.ts";
import type { ReadEvent } from "../planning/push-event.ts";
import { issueOf, malformed, readArrival } from "./arrival.ts";
import type { ArrivalPlace, NotifiedPush } from "./arrival.ts";
import { readCloudEvent } from "./cloud-event.ts";

/** Whose notifications a webhook receives. */
export type WebhookFormat = "distribution" | "harbor" | "quay" | "cloudEvents";

/** A notification whose sender has been verified. */
export interface Notification {
  /** Its parsed body. */
  readonly body: unknown;
  /** Headers by their names in lower case: CloudEvents may be there. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Stands for the id of a notification without one. */
  readonly id: string;
}

/** The most pushes of one notification: each becomes an invocation. */
const MOST = 100;

/** What a notification says: pushes and deletes, or events that require no copy, or that it cannot be read. Never throws. */
export function readWebhook(
  notification: Notification,
  format: WebhookFormat,
  place: ArrivalPlace,
  now: number,
): ReadEvent[] {
  const found = READERS[format](notification);
  if (found.length > MOST) return [malformed(notification.id, `events: are more than ${MOST}`)];
  return found.map((each) => ("kind" in each ? each : readArrival(each, place, now)));
}

type Reader = (notification: Notification) => readonly (NotifiedPush | ReadEvent)[];

const READERS: Readonly<Record<WebhookFormat, Reader>> = {
  distribution: readDistribution,
  harbor: ({ body, id }) => readHarbor(body, id),
  quay: readQuay,
  cloudEvents: readCloudEvent,
};

/** Distribution, "Work with notifications", envelope. */
const Envelope = z.object({
  events: z.array(
    z.object({
      id: z.string().min(1).max(100),
      timestamp: z.string(),
      action: z.string(),
      target: z.object({
        repository: z.string(),
        mediaType: z.string().default(""),
        digest: z.string().default(""),
        tag: z.string().default(""),
      }),
    }),
  ),
});

function readDistribution({ body, id }: Notification): (NotifiedPush | ReadEvent)[] {
  const envelope = Envelope.safeParse(body);
  if (!envelope.success) return [malformed(id, issueOf(envelope.error))];
  return envelope.data.events.map(({ id: own, timestamp, action, target }) => {
    const { repository, mediaType, digest, tag } = target;
    const at = Date.parse(timestamp);
    // Of a deleted tag it says the name; of a deleted manifest the digest, and not which tags named it.
    if (action === "delete") return { id: own, repository, reference: tag || digest, at, deleted: { digest } };
    if (action !== "push") return { kind: "ignored", id: own, reason: `action ${action}` };
    if (tag === "" && manifestKind(mediaType) === undefined)
      return { kind: "ignored", id: own, reason: "a blob, not a manifest" };
    return { id: own, repository, reference: tag || digest, at };
  });
}

/** Harbor, "Configure Webhook Notifications", payload of PUSH_ARTIFACT and DELETE_ARTIFACT. */
const HarborEvent = z.object({
  type: z.string(),
  /** Seconds. */
  occur_at: z.number().default(0),
  event_data: z.object({
    resources: z.array(z.object({ digest: z.string(), tag: z.string().default("") })).default([]),
    repository: z.object({ repo_full_name: z.string() }),
  }),
});

function readHarbor(body: unknown, id: string): (NotifiedPush | ReadEvent)[] {
  const event = HarborEvent.safeParse(body);
  if (!event.success) return [malformed(id, issueOf(event.error))];
  const { type, occur_at, event_data } = event.data;
  if (type !== "PUSH_ARTIFACT" && type !== "DELETE_ARTIFACT") return [{ kind: "ignored", id, reason: `type ${type}` }];
  return event_data.resources.map(({ digest, tag }, index, { length }) => ({
    id: length === 1 ? id : `${id}-${index}`,
    repository: event_data.repository.repo_full_name,
    // Harbor names an image without a tag by its digest.
    reference: tag || digest,
    at: occur_at * 1_000,
    deleted: type === "DELETE_ARTIFACT" ? { digest } : undefined,
  }));
}

/** Quay, "Repository Notifications", Repository Push. Older ones map tags to images. */
const QuayEvent = z.object({
  repository: z.string(),
  updated_tags: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]),
});

function readQuay({ body, id }: Notification): (NotifiedPush | ReadEvent)[] {
  const event = QuayEvent.safeParse(body);
  if (!event.success) return [malformed(id, issueOf(event.error))];
  const { repository, updated_tags: updated } = event.data;
  const tags = Array.isArray(updated) ? updated : Object.keys(updated);
  return tags.map((reference, index) => ({
    id: tags.length === 1 ? id : `${id}-${index}`,
    repository,
    reference,
    at: Number.NaN,
  }));
}
