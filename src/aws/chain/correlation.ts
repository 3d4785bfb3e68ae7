import * as z from "zod";
import { readJson } from "../../oci/json/bounded-json.ts";

/** An event of EventBridge, or a message's request or announcement: each has the id of the push event. */
const Identified = z.object({ id: z.string().min(1).max(256) });
/** An SQS event with one message. */
const OneMessage = z.object({ Records: z.tuple([z.object({ body: z.string() })]) });

/**
 * The correlation id of an invocation: the id of the push event that it works for. Undefined when it works for several, or for none.
 * A suffix after `+` distinguishes attempts of one request and is not part of it.
 */
export function correlationOf(event: unknown): string | undefined {
  const message = OneMessage.safeParse(event).data?.Records[0];
  const subject = message === undefined ? event : readJson(new TextEncoder().encode(message.body));
  return Identified.safeParse(subject).data?.id.split("+")[0];
}
