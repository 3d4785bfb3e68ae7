import type { NotificationChannel } from "../../src/contract/channels/notification-channel.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import { collect } from "../../src/replication/notices/notice-digest.ts";
import type { DigestRecord } from "../../src/replication/notices/notice-digest.ts";
import { beginNotice, finishNotice, pendingRecovery } from "../../src/replication/notices/notice-record.ts";
import type { NoticeRecord, NoticeStep } from "../../src/replication/notices/notice-record.ts";
import type { Delivery, Message } from "../../src/replication/notices/message.ts";
import type { Notice } from "../../src/replication/notices/notice.ts";
import { StoreError } from "../../src/replication/state/record-store.ts";
import type { RecordStore } from "../../src/replication/state/record-store.ts";

export interface Telling {
  readonly notices: RecordStore<NoticeRecord>;
  readonly digests: RecordStore<DigestRecord>;
  readonly send: (channel: NotificationChannel, message: Message, signal: AbortSignal) => Promise<Delivery>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly observer: Observer;
}

/** How a channel was told: `delivered` also stands for a notice that a digest has collected. */
export type Told = Delivery | { readonly kind: Exclude<NoticeStep, "send"> };

/**
 * Tells one channel a notice, unless it was told. It is noted as told after it was delivered: a crash in between tells it twice, rather
 * than never. What ends a problem follows it, also when it came first.
 * @throws {StoreError} for a recovery when the table is unavailable.
 */
export async function tell(
  notice: Notice,
  channel: NotificationChannel,
  telling: Telling,
  signal: AbortSignal,
): Promise<Told> {
  const key = `${channel.name}/${notice.subject}`;
  const step = await begin(notice, key, telling, signal);
  const waiting = step === "duplicate" ? pendingRecovery(await telling.notices.read(key, signal)) : undefined;
  if (waiting !== undefined) return deliver(waiting, channel, telling, signal);
  if (step !== "send") return { kind: step };
  return deliver(notice, channel, telling, signal);
}

async function begin(
  notice: Notice,
  key: string,
  { notices, now, observer }: Telling,
  signal: AbortSignal,
): Promise<NoticeStep> {
  const ending = notice.kind === "recovered";
  try {
    // Most events end no problem: they cost a read, and no write.
    if (ending && notice.followsProblem !== true && (await notices.read(key, signal)) === undefined) return "nothing";
    return await notices.update(key, (record) => beginNotice(record, notice, now()), signal);
  } catch (error) {
    if (ending || !(error instanceof StoreError)) throw error;
    // Without the table, a duplicate message is better than none.
    observer.warn("What a channel was told is not known; it is told again", { key, error: describeError(error) });
    return "send";
  }
}

/** Delivers a notice, notes it, and then delivers the end of its problem, if that has waited for it. */
async function deliver(
  notice: Notice,
  channel: NotificationChannel,
  telling: Telling,
  signal: AbortSignal,
): Promise<Delivery> {
  const delivery = await hand(notice, channel, telling, signal);
  if (delivery.kind !== "delivered") return delivery;
  const next = await note(notice, channel, telling, signal);
  return next === undefined ? delivery : deliver(next, channel, telling, signal);
}

/** Sends a notice, or adds it to a digest. */
async function hand(
  notice: Notice,
  channel: NotificationChannel,
  { digests, send, now, observer }: Telling,
  signal: AbortSignal,
): Promise<Delivery> {
  if (channel.digestMinutes !== undefined) {
    await digests.update(channel.name, (record) => collect(record, notice, now()), signal);
    return { kind: "delivered" };
  }
  const { id, kind, at, title, lines, data } = notice;
  const delivery = await send(channel, { id, type: kind, at, title, lines, data }, signal);
  if (delivery.kind === "delivered") observer.count(Metric.notificationsSent, 1);
  return delivery;
}

async function note(
  notice: Notice,
  channel: NotificationChannel,
  { notices, now, observer }: Telling,
  signal: AbortSignal,
): Promise<Notice | undefined> {
  const key = `${channel.name}/${notice.subject}`;
  try {
    return await notices.update(key, (record) => finishNotice(record, notice, now()), signal);
  } catch (error) {
    const fields = { key, error: describeError(error) };
    observer.warn("A channel was told, which could not be noted; it may be told again", fields);
    return undefined;
  }
}
