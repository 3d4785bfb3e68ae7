import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { traceparentOf } from "../../contract/telemetry/traceparent.ts";
import { readJson } from "../../oci/json/bounded-json.ts";

/** The name of the attribute. */
export const TRACEPARENT = "traceparent";

const Identified = z.object({ id: z.string().min(1) });

/**
 * The message attribute `traceparent` (W3C Trace Context) of a message that has a correlation id: the same trace as that of its receipt
 * and its log lines. A message without an id gets none.
 */
export function traceAttribute(body: string): { readonly MessageAttributes?: Record<string, MessageAttributeValue> } {
  const { data } = Identified.safeParse(readJson(new TextEncoder().encode(body)));
  if (data === undefined) return {};
  return { MessageAttributes: { [TRACEPARENT]: { DataType: "String", StringValue: traceparentOf(data.id) } } };
}
