import type { NotificationChannel } from "../../src/contract/channels/notification-channel.ts";
import { Metric } from "../../src/contract/telemetry/metric-names.ts";
import { describeDigest, dropDigest, takeDigest } from "../../src/replication/notices/notice-digest.ts";
import type { Telling } from "./tell.ts";

export type DigestResult = "sent" | "empty" | "failed" | "no-channel";

export interface DigestDependencies extends Telling {
  readonly channels: readonly NotificationChannel[];
  readonly stack: string;
}

/**
 * Sends what a channel has collected as one message; nothing when there is nothing. It is removed after it was delivered: a crash in
 * between sends it twice, with the same id, and a failure leaves it for the next call.
 */
export async function sendDigest(
  name: string,
  { channels, digests, send, stack, now, observer }: DigestDependencies,
  signal: AbortSignal,
): Promise<DigestResult> {
  const channel = channels.find((each) => each.name === name);
  if (channel === undefined) return "no-channel";
  const at = now();
  const digest = await digests.update(name, (record) => takeDigest(record, `${stack}/${name}/${at}`), signal);
  if (digest === undefined) return "empty";
  const { id, since, groups, others } = digest;
  const data = { stack, since: new Date(since).toISOString(), groups, others };
  const message = { id, type: "digest", at, ...describeDigest(digest, stack), data };
  const delivery = await send(channel, message, signal);
  if (delivery.kind === "failed") {
    observer.warn("A digest was not taken; the next call sends it", { channel: name, error: delivery.error });
    observer.count(Metric.notificationsFailed, 1);
    return "failed";
  }
  await digests.update(name, (record) => dropDigest(record, id), signal);
  observer.count(Metric.notificationsSent, 1);
  return "sent";
}
