import * as z from "zod";
import type { ReadEvent } from "../planning/push-event.ts";
import { issueOf, malformed } from "./arrival.ts";
import type { NotifiedPush } from "./arrival.ts";

/** The attributes of an event that are read (CloudEvents 1.0, "Context Attributes"). */
const Attributes = z.object({
  id: z.string().min(1).max(100),
  type: z.string(),
  time: z.string().default(""),
});

/** An event in the structured mode: attributes and data in one JSON document (CloudEvents, JSON format). */
const Structured = Attributes.extend({ data: z.unknown() });

/** The data of zot (events extension, `image.updated` and `image.deleted`), of Harbor, and of Azure's registries, which is distribution's. */
const Data = z.union([
  z
    .object({ name: z.string(), reference: z.string(), digest: z.string().default("") })
    .transform(({ name, reference, digest }) => [{ repository: name, reference, digest }]),
  z
    .object({
      resources: z.array(z.object({ digest: z.string(), tag: z.string().default("") })),
      repository: z.object({ repo_full_name: z.string() }),
    })
    .transform(({ resources, repository }) =>
      resources.map(({ digest, tag }) => ({ repository: repository.repo_full_name, reference: tag || digest, digest })),
    ),
  z
    .object({
      target: z.object({ repository: z.string(), digest: z.string().default(""), tag: z.string().default("") }),
    })
    .transform(({ target: { repository, digest, tag } }) => [{ repository, reference: tag || digest, digest }]),
]);

/** Types of events about a delete and a push; their first part is the sender's. */
const DELETED = /(?:^|\.)(?:image\.deleted|artifact\.deleted|ImageDeleted|ChartDeleted)$/;
const PUSHED = /(?:^|\.)(?:image\.updated|artifact\.pushed|ImagePushed|ChartPushed)$/;

/** Reads a CloudEvent in the structured or the binary mode (CloudEvents, HTTP protocol binding). */
export function readCloudEvent({
  body,
  headers,
  id,
}: {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly id: string;
}): (NotifiedPush | ReadEvent)[] {
  const isBinary = headers["ce-type"] !== undefined;
  const written = { id: headers["ce-id"], type: headers["ce-type"], time: headers["ce-time"], data: body };
  const event = Structured.safeParse(isBinary ? written : body);
  if (!event.success) return [malformed(id, issueOf(event.error))];
  const { id: own, type, time, data } = event.data;
  const isDelete = DELETED.test(type);
  if (!isDelete && !PUSHED.test(type)) return [{ kind: "ignored", id: own, reason: `type ${type}` }];
  const pushes = Data.safeParse(data);
  if (!pushes.success) return [malformed(own, "data: is not that of a known registry")];
  const at = Date.parse(time);
  return pushes.data.map(({ repository, reference, digest }, index, { length }) => ({
    id: length === 1 ? own : `${own}-${index}`,
    repository,
    reference,
    at,
    deleted: isDelete ? { digest } : undefined,
  }));
}
