import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { requireKey } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import { AWS_JSON, sendJson } from "../http/send-json.ts";

/** An event that was put on the bus. */
export interface PutEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly detail: unknown;
}

/** API reference, "PutEventsRequestEntry": all three are required for an event to be taken. At most ten entries. */
const Entry = z.object({ Source: z.string().min(1), DetailType: z.string().min(1), Detail: z.string().min(1) });
const PutEvents = z.object({ Entries: z.array(z.unknown()).min(1).max(10) });

export interface RunningPutEvents {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Emulates PutEvents of Amazon EventBridge (API reference, "PutEvents"; AWS JSON 1.1) on the default bus: each entry is taken or refused on
 * its own, and the answer has one result for each, in order.
 */
export async function startPutEvents(key: AccessKeyId, onEvent: (event: PutEvent) => void): Promise<RunningPutEvents> {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (type: string): void => sendJson(response, 400, { __type: type, message: type }, AWS_JSON);
    if (request.headers["x-amz-target"] !== "AWSEvents.PutEvents") return refuse("UnknownOperationException");
    const { data } = PutEvents.safeParse(JSON.parse(await readBody(request)));
    if (data === undefined) return refuse("ValidationException");
    const Entries = data.Entries.map((entry) => {
      const id = randomUUID();
      const event = readEvent(id, entry);
      if (event === undefined) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
      onEvent(event);
      return { EventId: id };
    });
    const FailedEntryCount = Entries.filter(({ EventId }) => EventId === undefined).length;
    sendJson(response, 200, { FailedEntryCount, Entries }, AWS_JSON);
  }

  const server = await startHttpServer(requireKey(key, answer));
  return { endpoint: `http://${server.host}`, close: () => server.close() };
}

/** Undefined for an entry that is incomplete, or whose detail is no JSON object. */
function readEvent(id: string, entry: unknown): PutEvent | undefined {
  const known = Entry.safeParse(entry).data;
  if (known === undefined) return undefined;
  try {
    const detail = z.record(z.string(), z.unknown()).parse(JSON.parse(known.Detail));
    return { id, source: known.Source, type: known.DetailType, detail };
  } catch {
    return undefined;
  }
}
