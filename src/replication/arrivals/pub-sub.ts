import * as z from "zod";
import { parseJson } from "../../oci/json/bounded-json.ts";
import { FormatError } from "../../oci/errors/format-error.ts";
import type { ReadEvent } from "../planning/push-event.ts";
import { issueOf, malformed, readArrival } from "./arrival.ts";
import type { ArrivalPlace } from "./arrival.ts";

/** What a push subscription posts (Pub/Sub, "Push subscriptions", wrapped messages). */
const Envelope = z.object({
  message: z.object({
    /** JSON in base64. */
    data: z.base64(),
    messageId: z.string().min(1).max(64),
    publishTime: z.string(),
  }),
});

/** A message of Artifact Registry (Artifact Registry, "Configure Pub/Sub notifications"): with `tag` when it was tagged. */
const Message = z.object({
  action: z.enum(["INSERT", "DELETE"]),
  digest: z.string().optional(),
  tag: z.string().optional(),
});

/** Reads one message of Artifact Registry. Never throws. @param body the parsed body of the request. */
export function readPubSub(body: unknown, place: ArrivalPlace, now: number): ReadEvent {
  const envelope = Envelope.safeParse(body);
  if (!envelope.success) return malformed(undefined, issueOf(envelope.error));
  const { data, messageId, publishTime } = envelope.data.message;
  const id = `pubsub-${messageId}`;
  const message = Message.safeParse(jsonIn(data));
  if (!message.success) return malformed(id, issueOf(message.error));
  const { action, tag, digest } = message.data;
  const named = splitName(tag ?? digest ?? "");
  if (named === undefined) return malformed(id, "tag: neither it nor digest names an image");
  if (named.registry !== place.registry) return { kind: "ignored", id, reason: "another registry" };
  const { repository, reference } = named;
  // The message about a deleted tag does not say what it named.
  const deleted = action === "DELETE" ? { digest: splitName(digest ?? "")?.reference } : undefined;
  return readArrival({ id, repository, reference, at: Date.parse(publishTime), deleted }, place, now);
}

function jsonIn(base64: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return parseJson(bytes, "data");
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** `HOST/REPOSITORY:TAG` or `HOST/REPOSITORY@DIGEST`. */
function splitName(text: string): { registry: string; repository: string; reference: string } | undefined {
  const groups = /^(?<registry>[^/]+)\/(?<repository>[^:@]+)(?::|@)(?<reference>.+)$/.exec(text)?.groups;
  const { registry = "", repository = "", reference = "" } = groups ?? {};
  return groups === undefined ? undefined : { registry, repository, reference };
}
