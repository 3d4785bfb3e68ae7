import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { Announcement } from "../../src/replication/pending/announcement.ts";
import type { EventDetail } from "../../src/replication/pending/announcement.ts";
import { readJson } from "../../src/oci/json/bounded-json.ts";

/** A message of the queue of announcements. */
export interface AnnouncementMessage {
  readonly messageId: string;
  readonly body: string;
}

export interface AnnounceDependencies {
  readonly stack: string;
  /** Puts events on the bus. @returns for each event, in order, why it was refused; undefined when it was taken. */
  readonly put: (events: readonly EventDetail[], signal: AbortSignal) => Promise<readonly (string | undefined)[]>;
  readonly observer: Observer;
}

/**
 * Puts announcements on the event bus. @returns the ids of the messages that the queue must deliver again. A message that is no announcement is
 * dropped with an error in the log: only the functions of this stack may send to the queue.
 */
export function createHandler({ stack, put, observer }: AnnounceDependencies) {
  return async (messages: readonly AnnouncementMessage[], signal: AbortSignal): Promise<string[]> => {
    const read = messages.flatMap(({ messageId, body }) => {
      const detail = readDetail(body, stack);
      if (detail === undefined) observer.error("Message is no announcement; it is dropped", { messageId });
      return detail === undefined ? [] : [{ messageId, detail }];
    });
    if (read.length === 0) return [];
    const refused = await put(
      read.map(({ detail }) => detail),
      signal,
    ).catch((error: unknown) => read.map(() => describeError(error)));
    const failed = read.filter((_, index) => refused[index] !== undefined);
    const [error] = refused.filter((problem) => problem !== undefined);
    if (failed.length > 0) observer.warn("Events were not taken; they are sent again", { count: failed.length, error });
    observer.count(Metric.announced, read.length - failed.length);
    return failed.map(({ messageId }) => messageId);
  };
}

function readDetail(body: string, stack: string): EventDetail | undefined {
  const announcement = Announcement.safeParse(readJson(new TextEncoder().encode(body))).data;
  return announcement && { ...announcement, stack };
}
