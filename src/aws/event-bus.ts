import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { EVENT_SOURCE } from "../contract/stack/names.ts";
import { untilAborted } from "./client/until-aborted.ts";

/** An event to put: its detail type, its time and its detail. */
export interface BusEvent {
  readonly type: string;
  /** RFC 3339. */
  readonly at: string;
}

/** Puts events on the account's default bus, at most ten at once (EventBridge API, PutEvents). @returns for each why it was refused. */
export function createEventBus(client: EventBridgeClient) {
  return async (events: readonly BusEvent[], signal: AbortSignal): Promise<(string | undefined)[]> => {
    const command = new PutEventsCommand({
      Entries: events.map((event) => ({
        Source: EVENT_SOURCE,
        DetailType: event.type,
        Time: new Date(event.at),
        Detail: JSON.stringify(event),
      })),
    });
    const { Entries = [] } = await untilAborted(signal, (options) => client.send(command, options));
    return events.map((_, index) => {
      const { EventId, ErrorCode = "no answer", ErrorMessage = "" } = Entries[index] ?? {};
      return EventId === undefined ? `${ErrorCode} ${ErrorMessage}` : undefined;
    });
  };
}
