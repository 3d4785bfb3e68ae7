import * as z from "zod";
import { EventDetail } from "../src/replication/pending/announcement.ts";
import type { JsonSchema } from "./configuration-schema.ts";

const TEXTS: Readonly<Record<keyof EventDetail, string>> = {
  version: "of this schema: within a version, fields are only added",
  id: "the same each time the event is delivered",
  type: "the same as the event's detail-type; every type but Late ends the push",
  stack: "the stack that announces it",
  destination: "the name of the destination",
  repository: "the repository at the source",
  reference: "the tag, or the digest of an attachment",
  request: "the correlation id of the push, as in logs and receipts",
  pushedAt: "the time of the push; absent when the source does not say",
  at: "when this happened",
  lagSeconds: "until then, from the push, or from when its rule let it go",
  digest: "what the destination has under the tag",
  outcome: "the outcome of the receipt",
  reason: "the reason of the outcome",
  rule: "the rule that decided",
  error: "why it failed, in words",
};

/** The JSON Schema of the detail of events, for those who receive them. */
export function eventSchema(): JsonSchema {
  const { properties = {}, ...schema } = z.toJSONSchema(EventDetail);
  const described = Object.entries(TEXTS).map(([name, description]) => {
    const property = properties[name];
    return [name, typeof property === "object" ? { description, ...property } : property] as const;
  });
  // Later versions of the functions add fields.
  return {
    title: "Detail of Freightliner's events",
    ...schema,
    properties: Object.fromEntries(described.flatMap(([name, each]) => (each === undefined ? [] : [[name, each]]))),
    additionalProperties: true,
  };
}
