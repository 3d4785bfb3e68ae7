import { concurrently } from "../../src/async/run-concurrently.ts";
import type { NotificationChannel } from "../../src/contract/channels/notification-channel.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import { channelsFor } from "../../src/replication/notices/notice-channels.ts";
import type { NotifyingRule } from "../../src/replication/notices/notice-channels.ts";
import type { Delivery } from "../../src/replication/notices/message.ts";
import type { Notice } from "../../src/replication/notices/notice.ts";
import { readNotice } from "./notify-message.ts";
import type { NotifyMessage } from "./notify-message.ts";
import { tell } from "./tell.ts";
import type { Telling } from "./tell.ts";

export interface NotifyDependencies extends Telling {
  readonly channels: readonly NotificationChannel[];
  /** In the order of their priority. */
  readonly rules: readonly NotifyingRule[];
  /** Has a message delivered again after this time, in milliseconds. */
  readonly again: (receiptHandle: string, afterMs: number, signal: AbortSignal) => Promise<void>;
}

/** Channels that are told at once. */
const CONCURRENT = 5;
/** Wait before the second try, in milliseconds; it doubles with each one. */
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 900_000;
/** A channel that fails this often is worth an alarm. */
const TRIES_TO_COUNT = 3;

/**
 * Tells channels what the messages of a batch say, one message after the other. A channel that fails is left alone for the rest of the
 * batch. @returns the ids of the messages that the queue must deliver again: for the channels that were not told yet.
 */
export function createHandler(dependencies: NotifyDependencies) {
  const { again, observer, now } = dependencies;
  return async (messages: readonly NotifyMessage[], signal: AbortSignal): Promise<string[]> => {
    const failing = new Map<string, Failed>();
    const kept: string[] = [];
    for (const message of messages) {
      const { messageId, receiptHandle, body, receiveCount } = message;
      const notice = readNotice(body, now());
      if (notice === undefined)
        observer.error("Message is neither an event nor an alarm; it is dropped", { messageId });
      if (notice === undefined || notice === "unimportant") continue;
      const failed = await tellAll(notice, receiveCount, { ...dependencies, failing }, signal);
      if (failed.length === 0) continue;
      kept.push(messageId);
      const asked = failed.map(({ afterMs = 0 }) => afterMs);
      await again(receiptHandle, Math.max(waitMs(receiveCount), ...asked), signal).catch((error: unknown) =>
        observer.warn("Message comes again at another time", { messageId, error: describeError(error) }),
      );
    }
    return kept;
  };
}

type Failed = Extract<Delivery, { kind: "failed" }>;

/** @returns the failures. */
async function tellAll(
  notice: Notice,
  attempt: number,
  dependencies: NotifyDependencies & { readonly failing: Map<string, Failed> },
  signal: AbortSignal,
): Promise<Failed[]> {
  const { channels, rules, failing, observer } = dependencies;
  const wanted = channelsFor(notice, channels, rules);
  const told = await concurrently(
    wanted,
    CONCURRENT,
    async (channel, ending): Promise<Failed | undefined> => {
      const known = failing.get(channel.name);
      if (known !== undefined) return known;
      const result = await tell(notice, channel, dependencies, ending).catch((error: unknown): Failed => {
        ending.throwIfAborted();
        return { kind: "failed", error: describeError(error) };
      });
      if (result.kind !== "failed") return undefined;
      if (channel.digestMinutes === undefined) failing.set(channel.name, result);
      const fields = { channel: channel.name, kind: notice.kind, subject: notice.subject, attempt };
      observer.warn("A channel was not told; it is tried again", { ...fields, error: result.error });
      if (attempt >= TRIES_TO_COUNT) observer.count(Metric.notificationsFailed, 1);
      return result;
    },
    signal,
  );
  return told.filter((each) => each !== undefined);
}

function waitMs(receiveCount: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (receiveCount - 1), LONGEST_WAIT_MS);
}
